package api

import (
	_ "embed"
	"net/http"

	"github.com/labstack/echo/v4"
)

// openAPI describes every address of the API. A test walks the routes and compares.
//
//go:embed openapi.json
var openAPI []byte

// Document is the OpenAPI document, to be read and not changed.
func Document() []byte { return openAPI }

// OpenAPI answers GET /api/v1/openapi.json.
func (s *Server) OpenAPI(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "public, max-age=300")
	return c.JSONBlob(http.StatusOK, openAPI)
}
