package auth_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bourse/app/auth"
)

func masterKey(b byte) string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(rune(b)), 32)))
}

func TestVault(t *testing.T) {
	older, err := auth.NewVault(masterKey('a'))
	if err != nil {
		t.Fatal(err)
	}
	one, two := older.Seal("a secret", "row 1"), older.Seal("a secret", "row 1")
	if one == two || strings.Contains(one, "secret") {
		t.Errorf("%s %s", one, two)
	}
	both, err := auth.NewVault(masterKey('b') + " , " + masterKey('a'))
	if err != nil {
		t.Fatal(err)
	}
	if text, stale, err := older.Open(one, "row 1"); text != "a secret" || stale || err != nil {
		t.Errorf("%q %v %v", text, stale, err)
	}
	if text, stale, err := both.Open(one, "row 1"); text != "a secret" || !stale || err != nil {
		t.Errorf("%q %v %v", text, stale, err)
	}
	fresh := both.Seal("", "row 1")
	if text, stale, err := both.Open(fresh, "row 1"); text != "" || stale || err != nil {
		t.Errorf("%q %v %v", text, stale, err)
	}
	flipped := []byte(one)
	flipped[len(flipped)-3] ^= 1
	for name, bad := range map[string][2]string{
		"another row": {one, "row 2"}, "another key": {fresh, "row 1"}, "changed": {string(flipped), "row 1"}, "cut": {one[:20], "row 1"},
		"nothing": {"", "row 1"}, "another version": {"v2" + one[2:], "row 1"}, "no base64": {one[:12] + "!!", "row 1"},
	} {
		if text, _, err := older.Open(bad[0], bad[1]); err == nil {
			t.Errorf("%s: %q", name, text)
		}
	}
	for _, bad := range []string{"", "abc", masterKey('a') + ",", masterKey('a') + ",short", strings.Repeat(masterKey('a')+",", 20) + masterKey('a')} {
		if _, err := auth.NewVault(bad); err == nil || strings.Contains(err.Error(), masterKey('a')) {
			t.Errorf("%.60s: %v", bad, err)
		}
	}
}

func TestVaultInFolder(t *testing.T) {
	folder := t.TempDir()
	first, err := auth.VaultIn(folder)
	if err != nil {
		t.Fatal(err)
	}
	again, err := auth.VaultIn(folder)
	if err != nil {
		t.Fatal(err)
	}
	if text, _, err := again.Open(first.Seal("x", "p"), "p"); text != "x" || err != nil {
		t.Errorf("%q %v", text, err)
	}
	info, err := os.Stat(filepath.Join(folder, "encryption.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
}

func FuzzVault(f *testing.F) {
	v, err := auth.NewVault(masterKey('a'))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(v.Seal("x", "p"))
	f.Fuzz(func(t *testing.T, sealed string) {
		if text, _, err := v.Open(sealed, "q"); err == nil {
			t.Errorf("%q opened as %q", sealed, text)
		}
	})
}
