package pgtest

import (
	"fmt"
	"os"
	"os/exec"
	osuser "os/user"
	"strconv"
	"syscall"
)

// user is who runs the server. The zero user is ourselves.
type user struct{ credential *syscall.Credential }

// unprivileged is ourselves, or somebody harmless when we are root: the server refuses to run as root.
func unprivileged() (*user, error) {
	if os.Getuid() != 0 {
		return &user{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := osuser.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
		if errUID == nil && errGID == nil {
			return &user{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
		}
	}
	return nil, fmt.Errorf("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

// own makes the folder the user's and nobody else's.
func (u *user) own(dir string) error {
	if u.credential != nil {
		if err := os.Chown(dir, int(u.credential.Uid), int(u.credential.Gid)); err != nil {
			return err
		}
	}
	return os.Chmod(dir, 0o700)
}

// run makes a command the user's, in a process group of its own so that an interrupt of the tests
// leaves the keeper time to clean up.
func (u *user) run(cmd *exec.Cmd, dir string) {
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "HOME=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: u.credential}
}
