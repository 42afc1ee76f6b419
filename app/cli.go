package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os/signal"
	"syscall"
)

// Main is the program.
func Main(args []string, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	config, err := environment()
	if err == nil {
		log := slog.New(slog.NewTextHandler(errs, nil))
		log.Info("in force", config.InForce()...)
		var a *App
		if a, err = New(ctx, config, log); err == nil {
			log.Info("open", "address", config.BaseURL)
			err = a.Run(ctx)
		}
	}
	if err != nil {
		fmt.Fprintln(errs, err)
		return 1
	}
	return 0
}
