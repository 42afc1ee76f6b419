package wire

import (
	"bytes"
	"slices"
)

// Limits of metadata, as OpenRouter has them.
const (
	metadataPairsMax = 16
	metadataNameMax  = 64
	metadataValueMax = 512
)

// checkPrompt keeps the older way of asking: one text instead of messages.
func checkPrompt(r *ChatRequest, u rule, value []byte) *Error {
	r.prompt = value
	return checkString(r, u, value)
}

// converse makes a conversation of the prompt.
func (r *ChatRequest) converse() *Error {
	made := append(append([]byte(`[{"role":"user","content":`), r.prompt...), `}]`...)
	rule := rules["messages"]
	r.members = append(r.members, member{name: rule.name, value: made, class: rule.class, known: true})
	return checkMessages(r, rule, made)
}

// ignore notes a member that asks for what is not done here.
func ignore(r *ChatRequest, u rule, _ []byte) *Error {
	r.Ignored = append(r.Ignored, u.name)
	return nil
}

// ignoreObject is ignore for a member that has to be an object.
func ignoreObject(r *ChatRequest, u rule, value []byte) *Error {
	if fault := checkObject(r, u, value); fault != nil {
		return fault
	}
	return ignore(r, u, value)
}

func checkPlugins(r *ChatRequest, u rule, value []byte) *Error {
	if fault := checkArray(r, u, value); fault != nil || bytes.Equal(bytes.TrimSpace(value[1:len(value)-1]), nil) {
		return fault
	}
	return ignore(r, u, value)
}

// checkTier notes a tier that has prices of its own where a provider takes it; of the rest only the
// usual one is done.
func checkTier(r *ChatRequest, u rule, value []byte) *Error {
	if fault := checkString(r, u, value); fault != nil {
		return fault
	}
	switch tier := string(unquote(value)); tier {
	case "auto", "default", "standard":
		return nil
	case "flex", "priority":
		r.ServiceTier = tier
		return nil
	}
	return ignore(r, u, value)
}

// checkDebug reads the wish to see what a provider is sent.
func checkDebug(r *ChatRequest, u rule, value []byte) *Error {
	if fault := checkObject(r, u, value); fault != nil {
		return fault
	}
	if echo := memberOf(value, "echo_upstream_body"); echo != nil && !isNull(echo) {
		var fault *Error
		r.EchoUp, fault = boolean("debug.echo_upstream_body", echo)
		return fault
	}
	return nil
}

func checkModalities(_ *ChatRequest, u rule, value []byte) *Error {
	list, fault := stringList(u.name, value, len(modalities))
	if fault != nil {
		return fault
	}
	for _, name := range list {
		if !slices.Contains(modalities, name) {
			return Invalid(u.name, "modalities may have text, image and audio, not %q.", clip(name, nameShownMax))
		}
	}
	return nil
}

var modalities = []string{"text", "image", "audio"}

// checkBias checks that each token's bias is one.
func checkBias(_ *ChatRequest, u rule, value []byte) *Error {
	w := walker{b: value}
	if !w.open('{') {
		return wrongType(u.name, "an object", value)
	}
	for first := true; ; {
		token, ok := w.member(&first)
		if !ok {
			return nil
		}
		if f, ok := number(w.value()); !ok || f < u.lo || f > u.hi {
			return Invalid(u.name, "logit_bias[%s] must be a number from %s to %s.", clip(string(token), nameShownMax), short(u.lo), short(u.hi))
		}
	}
}

// checkMetadata checks pairs that we keep nowhere, so that clients learn the limits here and not
// where they are kept.
func checkMetadata(_ *ChatRequest, u rule, value []byte) *Error {
	w := walker{b: value}
	if !w.open('{') {
		return wrongType(u.name, "an object", value)
	}
	n := 0
	for first := true; ; n++ {
		name, ok := w.member(&first)
		if !ok {
			return nil
		}
		value := w.value()
		switch {
		case n == metadataPairsMax:
			return Invalid(u.name, "metadata has more than %d pairs.", metadataPairsMax)
		case len(name) > metadataNameMax:
			return Invalid(u.name, "metadata has a name of more than %d characters.", metadataNameMax)
		case !isString(value) || len(value) > metadataValueMax+2:
			return Invalid(u.name, "metadata.%s must be a string of at most %d characters.", clip(string(name), nameShownMax), metadataValueMax)
		}
	}
}
