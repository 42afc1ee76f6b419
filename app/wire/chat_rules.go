package wire

import (
	"strings"
)

// class says what happens to a member on its way up.
type class uint8

const (
	classKeep     class = iota // passed on as it is; also what we do not know
	classOwn                   // written anew by AppendUpstream
	classDrop                  // for the router, or not ours to pass on
	classReseller              // understood by another router only
)

// rule is what is known about one member of a request.
type rule struct {
	name   string
	class  class
	param  string // the name endpoints list when they support it
	lo, hi float64
	needed bool // null is a fault
	check  func(r *ChatRequest, u rule, value []byte) *Error
}

// rules are the members that we read, check or keep from going up. Anything else passes.
var rules = map[string]rule{
	"model":                 {name: "model", class: classOwn, check: checkModel},
	"models":                {name: "models", class: classDrop, check: checkModels},
	"messages":              {name: "messages", class: classOwn, needed: true, check: checkMessages},
	"stream":                {name: "stream", class: classOwn, check: checkStream},
	"stream_options":        {name: "stream_options", class: classOwn, check: checkStreamOptions},
	"max_tokens":            {name: "max_tokens", class: classOwn, check: checkMaxTokens},
	"max_completion_tokens": {name: "max_completion_tokens", class: classOwn, check: checkMaxTokens},
	"n":                     {name: "n", class: classKeep, lo: 1, hi: choicesMax, check: checkChoices},
	"provider":              {name: "provider", class: classDrop, check: checkProvider},
	"user":                  {name: "user", class: classOwn, check: checkUser},
	"session_id":            {name: "session_id", class: classDrop, check: checkSession},

	"temperature":        {name: "temperature", param: "temperature", lo: 0, hi: 2, check: checkNumber},
	"top_p":              {name: "top_p", param: "top_p", lo: 0, hi: 1, check: checkNumber},
	"top_k":              {name: "top_k", param: "top_k", lo: 0, hi: tokensMax, check: checkWhole},
	"min_p":              {name: "min_p", param: "min_p", lo: 0, hi: 1, check: checkNumber},
	"top_a":              {name: "top_a", param: "top_a", lo: 0, hi: 1, check: checkNumber},
	"frequency_penalty":  {name: "frequency_penalty", param: "frequency_penalty", lo: -2, hi: 2, check: checkNumber},
	"presence_penalty":   {name: "presence_penalty", param: "presence_penalty", lo: -2, hi: 2, check: checkNumber},
	"repetition_penalty": {name: "repetition_penalty", param: "repetition_penalty", lo: 0, hi: 2, check: checkNumber},
	"seed":               {name: "seed", param: "seed", lo: -1 << 63, hi: 1 << 63, check: checkWhole},
	"stop":               {name: "stop", param: "stop", check: checkStop},
	"logit_bias":         {name: "logit_bias", param: "logit_bias", lo: -100, hi: 100, check: checkBias},
	"logprobs":           {name: "logprobs", param: "logprobs", check: checkBool},
	"top_logprobs":       {name: "top_logprobs", param: "top_logprobs", lo: 0, hi: 20, check: checkWhole},
	"response_format":    {name: "response_format", check: checkFormat},
	"tools":              {name: "tools", class: classOwn, check: checkTools},
	"tool_choice":        {name: "tool_choice", check: checkToolChoice},
	"functions":          {name: "functions", check: checkFunctions},
	"function_call":      {name: "function_call"},
	"verbosity":          {name: "verbosity", param: "verbosity", check: checkString},
	"prediction":         {name: "prediction", param: "prediction", check: checkObject},
	// Wherever tools are understood this is too, or ignored; lists of parameters rarely have it.
	"parallel_tool_calls": {name: "parallel_tool_calls", check: checkBool},

	"reasoning":         {name: "reasoning", class: classOwn, check: checkReasoning},
	"reasoning_effort":  {name: "reasoning_effort", class: classOwn, check: checkEffort},
	"include_reasoning": {name: "include_reasoning", class: classReseller, check: checkIncludeReasoning},

	"modalities":   {name: "modalities", check: checkModalities},
	"image_config": {name: "image_config", class: classReseller, check: checkObject},
	"plugins":      {name: "plugins", class: classDrop, check: checkPlugins},
	"prompt":       {name: "prompt", class: classDrop, check: checkPrompt},

	// For the router alone.
	"route": {name: "route", class: classDrop}, "transforms": {name: "transforms", class: classDrop},
	"usage": {name: "usage", class: classDrop}, "preset": {name: "preset", class: classDrop, check: ignore},
	"trace": {name: "trace", class: classDrop}, "debug": {name: "debug", class: classDrop, check: checkDebug},
	"cache": {name: "cache", class: classDrop}, "metadata": {name: "metadata", class: classDrop, check: checkMetadata},
	"structured_outputs":     {name: "structured_outputs", class: classDrop},
	"max_tool_calls":         {name: "max_tool_calls", class: classDrop},
	"stop_server_tools_when": {name: "stop_server_tools_when", class: classDrop},
	"cache_control":          {name: "cache_control", class: classReseller},
	"prompt_cache_options":   {name: "prompt_cache_options", class: classReseller},
	"x_search_filter":        {name: "x_search_filter", class: classReseller},
	// These name the end user, or keep the prompt, at the provider.
	"safety_identifier":      {name: "safety_identifier", class: classDrop},
	"prompt_cache_key":       {name: "prompt_cache_key", class: classDrop, check: checkCacheKey},
	"prompt_cache_retention": {name: "prompt_cache_retention", class: classDrop},
	"store":                  {name: "store", class: classDrop},
	// These change what the provider charges away from the price that is shown.
	"service_tier":       {name: "service_tier", class: classDrop, check: checkTier},
	"web_search_options": {name: "web_search_options", class: classDrop, check: ignoreObject},
	"search_parameters":  {name: "search_parameters", class: classDrop, check: ignore},
	"enable_search":      {name: "enable_search", class: classDrop, check: ignore},
	"search_options":     {name: "search_options", class: classDrop, check: ignore},
	// Members that set the shape of the stream, which is ours to set.
	"stream_obfuscation": {name: "stream_obfuscation", class: classDrop},
	"reasoning_format":   {name: "reasoning_format", class: classDrop},
	"reasoning_split":    {name: "reasoning_split", class: classDrop},
}

func checkModel(r *ChatRequest, _ rule, value []byte) *Error {
	if !isString(value) {
		return wrongType("model", `a string such as "author/slug"`, value)
	}
	if len(value) > modelNameBytesMax {
		return Invalid("model", "model is longer than %d bytes.", modelNameBytesMax)
	}
	r.Model = strings.TrimSpace(string(unquote(value)))
	return nil
}

func checkModels(r *ChatRequest, u rule, value []byte) *Error {
	list, fault := stringList(u.name, value, fallbackModelsMax)
	if fault != nil {
		return fault
	}
	for i, id := range list {
		if id == "" || len(id) > modelNameBytesMax {
			return Invalid("models", `models[%d] must be the id of a model such as "author/slug".`, i)
		}
	}
	r.Models = list
	return nil
}

func checkStream(r *ChatRequest, u rule, value []byte) *Error {
	r.Stream = isTrue(value)
	return checkBool(r, u, value)
}

func checkStreamOptions(r *ChatRequest, u rule, value []byte) *Error {
	w := walker{b: value}
	if !w.open('{') {
		return wrongType(u.name, "an object", value)
	}
	for first := true; ; {
		name, ok := w.member(&first)
		if !ok {
			return nil
		}
		option := w.value()
		if string(name) != "include_usage" || isNull(option) {
			continue
		}
		if !isTrue(option) && !isFalse(option) {
			return wrongType("stream_options.include_usage", "true or false", option)
		}
		r.IncludeUsage = isTrue(option)
	}
}

// checkMaxTokens reads either name of the output limit; the newer one wins when both are given.
func checkMaxTokens(r *ChatRequest, u rule, value []byte) *Error {
	n, ok := wholeNumber(value)
	if !ok || n < 1 || n > tokensMax {
		return Invalid(u.name, "%s must be a whole number from 1 to %d, not %s.", u.name, tokensMax, show(value))
	}
	if r.MaxTokens == 0 || u.name == "max_completion_tokens" {
		r.MaxTokens = n
	}
	return nil
}

func checkChoices(r *ChatRequest, u rule, value []byte) *Error {
	if fault := checkWhole(r, u, value); fault != nil {
		return fault
	}
	r.N, _ = wholeNumber(value)
	return nil
}

func checkUser(r *ChatRequest, u rule, value []byte) *Error {
	if fault := checkString(r, u, value); fault != nil {
		return fault
	}
	r.User = string(unquote(value))
	return nil
}

func checkSession(r *ChatRequest, u rule, value []byte) *Error {
	if !isString(value) || len(value) > sessionBytesMax+2 {
		return Invalid(u.name, "session_id must be a string of at most %d characters.", sessionBytesMax)
	}
	r.SessionID = string(unquote(value))
	return nil
}

func checkCacheKey(r *ChatRequest, u rule, value []byte) *Error {
	if !isString(value) || len(value) > sessionBytesMax+2 {
		return Invalid(u.name, "prompt_cache_key must be a string of at most %d characters.", sessionBytesMax)
	}
	r.CacheKey = string(unquote(value))
	return nil
}

func checkStop(_ *ChatRequest, u rule, value []byte) *Error {
	if isString(value) {
		return nil
	}
	_, fault := stringList(u.name, value, stopsMax)
	return fault
}
