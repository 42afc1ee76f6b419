package docs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// openAPI is the part of an OpenAPI document that the reference shows.
type openAPI struct {
	Tags []struct {
		Name        string `json:"name"`
		Description string `json:"description"`
	} `json:"tags"`
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas    map[string]schema    `json:"schemas"`
		Parameters map[string]parameter `json:"parameters"`
		Responses  map[string]response  `json:"responses"`
	} `json:"components"`
	Security []map[string][]string `json:"security"`
}

type operation struct {
	ID          string                 `json:"operationId"`
	Tags        []string               `json:"tags"`
	Summary     string                 `json:"summary"`
	Description string                 `json:"description"`
	Parameters  []parameter            `json:"parameters"`
	Security    *[]map[string][]string `json:"security"`
	Request     *struct {
		Content map[string]struct {
			Schema schema `json:"schema"`
		} `json:"content"`
	} `json:"requestBody"`
	Responses map[string]response `json:"responses"`
}

type parameter struct {
	Ref         string `json:"$ref"`
	Name        string `json:"name"`
	In          string `json:"in"`
	Description string `json:"description"`
	Required    bool   `json:"required"`
	Schema      schema `json:"schema"`
}

type response struct {
	Ref         string `json:"$ref"`
	Description string `json:"description"`
	Content     map[string]struct {
		Schema schema `json:"schema"`
	} `json:"content"`
}

type schema struct {
	Ref         string            `json:"$ref"`
	Type        any               `json:"type"` // a text, or a list of them
	Description string            `json:"description"`
	Properties  map[string]schema `json:"properties"`
	Required    []string          `json:"required"`
	Items       *schema           `json:"items"`
	Enum        []any             `json:"enum"`
	OneOf       []schema          `json:"oneOf"`
	AnyOf       []schema          `json:"anyOf"`
	AllOf       []schema          `json:"allOf"`
}

// reference writes the description of the API as Markdown: each address with what it takes and
// what it answers.
func reference(document []byte) (string, error) {
	var d openAPI
	if err := json.Unmarshal(document, &d); err != nil {
		return "", fmt.Errorf("documentation: the description of the API: %w", err)
	}
	var b strings.Builder
	for _, tag := range d.Tags {
		fmt.Fprintf(&b, "## %s\n\n%s\n\n", tag.Name, tag.Description)
		for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
			for _, method := range []string{"get", "post", "put", "patch", "delete"} {
				if op, ok := d.Paths[path][method]; ok && len(op.Tags) > 0 && op.Tags[0] == tag.Name {
					d.operation(&b, strings.ToUpper(method), path, op)
				}
			}
		}
	}
	d.shapes(&b)
	return b.String(), nil
}

// shapes lists what the tables name without describing it.
func (d *openAPI) shapes(b *strings.Builder) {
	b.WriteString("## Shapes\n\nWhat the tables above name.\n\n")
	for _, name := range slices.Sorted(maps.Keys(d.Components.Schemas)) {
		s := d.resolve(d.Components.Schemas[name])
		if len(s.Properties) == 0 {
			continue
		}
		fmt.Fprintf(b, "### %s\n\n", name)
		if s.Description != "" {
			b.WriteString(s.Description + "\n\n")
		}
		d.members(b, "member", s)
	}
}

// shape is a link to one of the shapes.
func (d *openAPI) shape(ref string) string {
	name := last(ref)
	if len(d.resolve(d.Components.Schemas[name]).Properties) == 0 {
		return name
	}
	return "[" + name + "](#" + strings.ToLower(name) + ")"
}

func (d *openAPI) operation(b *strings.Builder, method, path string, op operation) {
	fmt.Fprintf(b, "### %s /api/v1%s\n\n%s.", method, path, strings.TrimSuffix(op.Summary, "."))
	if op.Description != "" {
		b.WriteString(" " + op.Description)
	}
	if op.Security != nil && len(*op.Security) == 0 {
		b.WriteString(" Needs no key.")
	}
	b.WriteString("\n\n")
	d.parameters(b, op)
	if op.Request != nil {
		for _, kind := range slices.Sorted(maps.Keys(op.Request.Content)) {
			d.members(b, "Body", op.Request.Content[kind].Schema)
		}
	}
	d.answers(b, op)
}

func (d *openAPI) parameters(b *strings.Builder, op operation) {
	if len(op.Parameters) == 0 {
		return
	}
	b.WriteString("| parameter | in | what it is |\n|---|---|---|\n")
	for _, p := range op.Parameters {
		if known, ok := d.Components.Parameters[last(p.Ref)]; ok {
			p = known
		}
		need := ""
		if p.Required {
			need = "Required. "
		}
		fmt.Fprintf(b, "| `%s` | %s | %s%s |\n", p.Name, p.In, need, cell(p.Description, d.kind(p.Schema)))
	}
	b.WriteString("\n")
}

// members lists what an object of a request may have.
func (d *openAPI) members(b *strings.Builder, title string, s schema) {
	s = d.resolve(s)
	if len(s.Properties) == 0 {
		return
	}
	fmt.Fprintf(b, "| %s | type | what it is |\n|---|---|---|\n", strings.ToLower(title))
	for _, name := range slices.SortedFunc(maps.Keys(s.Properties), func(x, y string) int {
		if rx, ry := slices.Contains(s.Required, x), slices.Contains(s.Required, y); rx != ry {
			if rx {
				return -1
			}
			return 1
		}
		return strings.Compare(x, y)
	}) {
		member := s.Properties[name]
		need := ""
		if slices.Contains(s.Required, name) {
			need = "Required. "
		}
		description := member.Description
		if description == "" {
			description = d.resolve(member).Description
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", name, d.kind(member), strings.TrimSpace(need+cell(description, "")))
	}
	b.WriteString("\n")
}

func (d *openAPI) answers(b *strings.Builder, op operation) {
	var errors []string
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		r := op.Responses[status]
		if r.Ref != "" {
			errors = append(errors, status)
			continue
		}
		var kinds []string
		for _, kind := range slices.Sorted(maps.Keys(r.Content)) {
			name := last(r.Content[kind].Schema.Ref)
			if name == "" {
				kinds = append(kinds, "`"+kind+"`")
			} else {
				kinds = append(kinds, "`"+kind+"` ("+d.shape(name)+")")
			}
		}
		fmt.Fprintf(b, "Answers %s: %s", status, cell(r.Description, ""))
		if len(kinds) > 0 {
			b.WriteString(" As " + strings.Join(kinds, " or ") + ".")
		}
		b.WriteString("\n\n")
	}
	if len(errors) > 0 {
		b.WriteString("Errors: " + strings.Join(errors, ", ") + ", explained under [errors](/docs/errors).\n\n")
	}
}

// resolve follows references and joins what an allOf is made of.
func (d *openAPI) resolve(s schema) schema {
	for range 8 { // a circle would have no end
		if s.Ref == "" {
			break
		}
		s = d.Components.Schemas[last(s.Ref)]
	}
	if len(s.AllOf) == 0 {
		return s
	}
	joined := schema{Description: s.Description, Properties: maps.Clone(s.Properties), Required: slices.Clone(s.Required)}
	if joined.Properties == nil {
		joined.Properties = map[string]schema{}
	}
	for _, part := range s.AllOf {
		if part.Ref == s.Ref && part.Ref != "" {
			continue
		}
		p := d.resolve(part)
		maps.Copy(joined.Properties, p.Properties)
		joined.Required = append(joined.Required, p.Required...)
	}
	return joined
}

// kind names a type in a word.
func (d *openAPI) kind(s schema) string {
	if s.Ref != "" {
		if r := d.resolve(s); len(r.Properties) == 0 && r.Type != nil {
			return d.kind(r)
		}
		return d.shape(s.Ref)
	}
	if len(s.Enum) > 0 {
		var values []string
		for _, v := range s.Enum {
			values = append(values, "`"+strings.Trim(fmt.Sprint(v), "`")+"`")
		}
		return strings.Join(values, ", ")
	}
	for _, list := range [][]schema{s.OneOf, s.AnyOf} {
		var kinds []string
		for _, one := range list {
			kinds = append(kinds, d.kind(one))
		}
		if len(kinds) > 0 {
			return strings.Join(slices.Compact(kinds), " or ")
		}
	}
	switch t := s.Type.(type) {
	case string:
		if t == "array" && s.Items != nil {
			return "list of " + d.kind(*s.Items)
		}
		return t
	case []any:
		var kinds []string
		for _, one := range t {
			kinds = append(kinds, fmt.Sprint(one))
		}
		return strings.Join(kinds, " or ")
	}
	return "any"
}

func last(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

// cell is a sentence that may stand in a table.
func cell(text, kind string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "|", `\|`), "\n", " ")
	if kind != "" && kind != "string" && kind != "any" {
		if text != "" {
			text += " "
		}
		text += "(" + kind + ")"
	}
	return text
}
