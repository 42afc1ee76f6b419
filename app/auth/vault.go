package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"bourse/models"
)

const (
	masterBytes  = 32
	masterKeyMax = 16 // live at once
	vaultFile    = "encryption.key"
	sealVersion  = "v1"
)

// ErrSealed is what a secret cannot be read with: its master key is not among those given, or it
// was sealed for another place.
var ErrSealed = errors.New("the secret cannot be opened with the encryption keys that are set")

// Vault seals secrets with AES-256-GCM under a master key. Several keys may live at once: the first
// seals, the others still open what they sealed, until it has been sealed again.
type Vault struct{ keys []masterKey }

type masterKey struct {
	id   string
	aead cipher.AEAD
}

// NewVault reads the master keys: 32 bytes each, in base64, with commas between, the current first.
func NewVault(list string) (*Vault, error) {
	v := &Vault{}
	for i, text := range strings.Split(list, ",") {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
		if err != nil || len(raw) != masterBytes {
			return nil, models.Errorf(models.Invalid, "ENCRYPTION_KEYS: key %d is not 32 bytes in base64; make one with: openssl rand -base64 32", i+1)
		}
		if i >= masterKeyMax {
			return nil, models.Errorf(models.Invalid, "ENCRYPTION_KEYS: more than %d keys", masterKeyMax)
		}
		block, err := aes.NewCipher(raw)
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(raw)
		v.keys = append(v.keys, masterKey{hex.EncodeToString(sum[:4]), aead})
	}
	return v, nil
}

// VaultIn opens the vault whose key lies in a file of the data folder, made the first time. It is
// not in the database, so that the database alone opens nothing.
func VaultIn(folder string) (*Vault, error) {
	name := filepath.Join(folder, vaultFile)
	raw, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		key := make([]byte, masterBytes)
		if _, err := rand.Read(key); err != nil {
			return nil, err
		}
		raw = []byte(base64.StdEncoding.EncodeToString(key))
		err = writeDurably(name, append(raw, '\n'))
	}
	if err != nil {
		return nil, err
	}
	return NewVault(strings.TrimSpace(string(raw)))
}

// writeDurably makes a file that is there whole or not at all, whenever the power goes: what is sealed
// with the key in it would be lost with it.
func writeDurably(name string, data []byte) error {
	draft, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*") // private from its first byte
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name()) // it is not there any more when all went well
	_, err = draft.Write(data)
	if err == nil {
		err = draft.Sync()
	}
	if closed := draft.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(draft.Name(), name)
	}
	if err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

// Seal locks a secret up for one place, such as a row: sealed for another it does not open.
func (v *Vault) Seal(secret, place string) string {
	k := v.keys[0]
	box := k.aead.Seal(nil, nil, []byte(secret), []byte(place))
	return sealVersion + "." + k.id + "." + base64.RawStdEncoding.EncodeToString(box)
}

// Open unlocks a secret. stale says that its master key is not the current one.
func (v *Vault) Open(sealed, place string) (secret string, stale bool, err error) {
	version, rest, _ := strings.Cut(sealed, ".")
	id, text, _ := strings.Cut(rest, ".")
	box, err := base64.RawStdEncoding.DecodeString(text)
	if version != sealVersion || err != nil {
		return "", false, ErrSealed
	}
	for i, k := range v.keys {
		if k.id != id {
			continue
		}
		plain, err := k.aead.Open(nil, nil, box, []byte(place))
		if err != nil {
			return "", false, ErrSealed
		}
		return string(plain), i > 0, nil
	}
	return "", false, ErrSealed
}
