// Command bourse is the marketplace: the server by default, and its operator's tool.
package main

import (
	"os"

	"bourse/app"
)

func main() {
	os.Exit(app.Main(os.Args[1:], os.Stdout, os.Stderr))
}
