//go:build !linux

package models

// syncLayer is SQLite's own layer where fdatasync is not, or is no different.
func syncLayer() (string, error) { return "", nil }
