package wire

// checkReasoning reads the reasoning object: how much the model is to think, and whether the
// client wants to read it.
func checkReasoning(r *ChatRequest, u rule, value []byte) *Error {
	w := walker{b: value}
	if !w.open('{') {
		return wrongType(u.name, "an object", value)
	}
	asked, off, budget := false, false, int64(0)
	for first := true; ; {
		name, ok := w.member(&first)
		if !ok {
			break
		}
		option := w.value()
		if isNull(option) {
			continue
		}
		switch string(name) {
		case "effort":
			if fault := r.effort("reasoning.effort", option); fault != nil {
				return fault
			}
		case "max_tokens":
			n, ok := wholeNumber(option)
			if !ok || n < 0 || n > tokensMax {
				return Invalid("reasoning.max_tokens", "reasoning.max_tokens must be a whole number from 0 to %d, not %s.",
					tokensMax, show(option))
			}
			budget, asked, off = n, n > 0, n == 0
			r.ReasoningBudget = n
		case "enabled", "exclude":
			if !isTrue(option) && !isFalse(option) {
				return wrongType("reasoning."+string(name), "true or false", option)
			}
			if string(name) == "exclude" {
				r.ReasoningExclude = isTrue(option)
			} else {
				asked, off = asked || isTrue(option), isFalse(option)
			}
		}
	}
	switch {
	case r.ReasoningEffort != "":
	case off:
		r.ReasoningEffort = "none"
	case budget > 0:
		r.ReasoningEffort = effortOf(budget)
	case asked:
		r.ReasoningEffort = "medium"
	}
	r.wantReasoning()
	return nil
}

// effortOf turns a budget of thinking tokens into the nearest of the three efforts that nearly
// every reasoning model knows.
func effortOf(budget int64) string {
	const lowMost, mediumMost = 2_048, 12_288
	switch {
	case budget <= lowMost:
		return "low"
	case budget <= mediumMost:
		return "medium"
	}
	return "high"
}

func (r *ChatRequest) wantReasoning() {
	if r.ReasoningEffort != "" && r.ReasoningEffort != "none" {
		r.ReasoningRequested = true
		r.use("reasoning")
	}
}

func checkEffort(r *ChatRequest, u rule, value []byte) *Error {
	if fault := r.effort(u.name, value); fault != nil {
		return fault
	}
	r.wantReasoning()
	return nil
}

func (r *ChatRequest) effort(name string, value []byte) *Error {
	effort := ""
	if isString(value) {
		switch word := string(unquote(value)); word {
		case "none", "minimal", "low", "medium", "high", "xhigh":
			effort = word
		case "max":
			effort = "xhigh"
		}
	}
	if effort == "" {
		return Invalid(name, "%s must be none, minimal, low, medium, high, xhigh or max, not %s.", name, show(value))
	}
	if r.ReasoningEffort != "" && r.ReasoningEffort != effort {
		return Invalid(name, "reasoning_effort and reasoning.effort say different things: give one of them.")
	}
	r.ReasoningEffort = effort
	return nil
}

// checkIncludeReasoning reads the older switch: false hides the reasoning.
func checkIncludeReasoning(r *ChatRequest, u rule, value []byte) *Error {
	if isFalse(value) {
		r.ReasoningExclude = true
	}
	return checkBool(r, u, value)
}
