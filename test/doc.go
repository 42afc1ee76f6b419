// Package test holds what is tested of the house as a whole: its plan in this folder, and in the
// folders below the servers, browsers and clients that the other tests use.
package test
