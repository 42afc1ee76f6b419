package api

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"bourse/app/catalog"
	"bourse/app/wire"
)

// Pages of the list in the shape of Gemini's API.
const (
	genaiPageUsual = 50
	genaiPageMax   = 1000
)

// genaiModel is a model as clients of Gemini's API read it.
type genaiModel struct {
	Name        string   `json:"name"`
	BaseModelID string   `json:"baseModelId"`
	Version     string   `json:"version"`
	DisplayName string   `json:"displayName"`
	Description string   `json:"description"`
	InputLimit  int64    `json:"inputTokenLimit,omitempty"`
	OutputLimit int64    `json:"outputTokenLimit,omitempty"`
	Methods     []string `json:"supportedGenerationMethods"`
	Thinking    bool     `json:"thinking,omitempty"`
}

func genaiModelOf(e *catalog.Entry) genaiModel {
	m := genaiModel{Name: "models/" + e.ID, BaseModelID: e.ID, Version: e.ID, DisplayName: e.Name, Description: e.Description, InputLimit: e.ContextLength,
		Methods: []string{"generateContent", "countTokens"}, Thinking: e.Reasoning}
	for _, o := range e.Endpoints {
		m.OutputLimit = max(m.OutputLimit, o.MaxOutput)
	}
	return m
}

// GenaiModels is GET /api/v1beta/models: every model that answers in words, in pages.
func (s *Server) GenaiModels(c echo.Context) error {
	size, start := genaiPageUsual, 0
	for name, to := range map[string]*int{"pageSize": &size, "pageToken": &start} {
		text := c.QueryParam(name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return refuseGenai(c, wire.Invalid(name, "%s must be a whole number that is not negative.", name))
		}
		*to = n
	}
	if size = min(size, genaiPageMax); size == 0 {
		size = genaiPageUsual
	}
	list := struct {
		Models []genaiModel `json:"models"`
		Next   string       `json:"nextPageToken,omitempty"`
	}{Models: []genaiModel{}}
	at := 0
	for _, e := range s.Catalog.Current().Models {
		if e.Type != catalog.TypeChat {
			continue
		}
		if at++; at <= start {
			continue
		}
		if len(list.Models) == size {
			list.Next = strconv.Itoa(at - 1)
			break
		}
		list.Models = append(list.Models, genaiModelOf(e))
	}
	return answer(c, list)
}

// GenaiModel is GET /api/v1beta/models/{author}/{slug}.
func (s *Server) GenaiModel(c echo.Context) error {
	id := c.Param("*")
	if plain, err := url.PathUnescape(id); err == nil {
		id = strings.TrimPrefix(plain, "models/")
	}
	snapshot := s.Catalog.Current()
	e := snapshot.Model(id)
	if e == nil {
		return refuseGenai(c, wire.ModelNotFound(id, snapshot.Nearest(id, nearestIDs)))
	}
	return answer(c, genaiModelOf(e))
}

func refuseGenai(c echo.Context, e *wire.Error) error {
	wire.WriteGenaiError(c.Response(), e, c.Response().Header().Get(echo.HeaderXRequestID))
	return nil
}

// PlainGenaiAddress is PlainAddress, answered in the envelope of Google's APIs.
func (s *Server) PlainGenaiAddress(next echo.HandlerFunc) echo.HandlerFunc {
	plain := s.PlainAddress(next)
	return func(c echo.Context) error {
		if err := plain(c); err != nil {
			return refuseGenai(c, wire.FromModels(err))
		}
		return nil
	}
}
