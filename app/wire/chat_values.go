package wire

import "strconv"

// The checks of single values, shared by many members.

func checkNumber(_ *ChatRequest, u rule, value []byte) *Error {
	f, ok := number(value)
	if !ok || f < u.lo || f > u.hi {
		return Invalid(u.name, "%s must be a number from %s to %s, not %s.", u.name, short(u.lo), short(u.hi), show(value))
	}
	return nil
}

func checkWhole(_ *ChatRequest, u rule, value []byte) *Error {
	n, ok := wholeNumber(value)
	if !ok || float64(n) < u.lo || float64(n) > u.hi {
		if u.lo < -tokensMax {
			return Invalid(u.name, "%s must be a whole number, not %s.", u.name, show(value))
		}
		return Invalid(u.name, "%s must be a whole number from %s to %s, not %s.",
			u.name, short(u.lo), short(u.hi), show(value))
	}
	return nil
}

func checkBool(_ *ChatRequest, u rule, value []byte) *Error {
	if !isTrue(value) && !isFalse(value) {
		return wrongType(u.name, "true or false", value)
	}
	return nil
}

func checkString(_ *ChatRequest, u rule, value []byte) *Error {
	if !isString(value) {
		return wrongType(u.name, "a string", value)
	}
	return nil
}

func checkObject(_ *ChatRequest, u rule, value []byte) *Error {
	if value[0] != '{' {
		return wrongType(u.name, "an object", value)
	}
	return nil
}

func checkArray(_ *ChatRequest, u rule, value []byte) *Error {
	if value[0] != '[' {
		return wrongType(u.name, "an array", value)
	}
	return nil
}

// stringList reads an array of strings.
func stringList(name string, value []byte, most int) ([]string, *Error) {
	w := walker{b: value}
	if !w.open('[') {
		return nil, wrongType(name, "an array of strings", value)
	}
	list := []string{}
	for first := true; w.element(&first); {
		item := w.value()
		if !isString(item) {
			return nil, wrongType(name+"["+strconv.Itoa(len(list))+"]", "a string", item)
		}
		if len(list) == most {
			return nil, Invalid(name, "%s has more than %d entries.", name, most)
		}
		list = append(list, string(unquote(item)))
	}
	return list, nil
}

func wrongType(name, want string, value []byte) *Error {
	return Invalid(name, "%s must be %s, not %s.", name, want, show(value))
}

// show describes a wrong value: itself when it is short and simple, else its kind.
func show(value []byte) string {
	const most = 40
	if len(value) == 0 {
		return "nothing"
	}
	if value[0] == '{' || value[0] == '[' || len(value) > most {
		return kindName(value[0])
	}
	return string(value)
}

func short(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
