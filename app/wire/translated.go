package wire

// translated is a stream of events of another dialect, read as a stream of chat chunks.
type translated struct {
	events *EventReader
	event  func(dst, data []byte) []byte
	out    []byte // translated and not yet read
	at     int
	err    error
}

// newTranslated reads the events and has the data of each one turned into chat events.
func newTranslated(events *EventReader, event func(dst, data []byte) []byte) *translated {
	return &translated{events: events, event: event}
}

// Read returns what has been translated, waiting for the provider when there is nothing.
func (t *translated) Read(p []byte) (int, error) {
	for t.at == len(t.out) {
		if t.err != nil {
			return 0, t.err
		}
		t.out, t.at = t.out[:0], 0
		kind, data, err := t.events.Next()
		if err != nil {
			t.err = err
			continue
		}
		switch kind {
		case EventComment:
			t.out = append(t.out, ": alive\n\n"...)
		case EventDone:
			t.out = append(t.out, Done...)
		case EventBare:
			t.out = append(t.out, data...)
		case EventError:
			t.out = append(append(append(t.out, "event: error\ndata: "...), data...), "\n\n"...)
		case EventData:
			t.out = t.event(t.out, data)
		}
	}
	n := copy(p, t.out[t.at:])
	t.at += n
	return n, nil
}
