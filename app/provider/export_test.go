package provider

import (
	"io"

	"bourse/models"
)

// Frames reads the stream of a model at Bedrock as the client does.
func Frames(r io.Reader, model string) io.Reader {
	return dialectOf(&models.Provider{Dialect: DialectBedrock}, model).stream(r)
}
