// Package wire holds the JSON shapes that pass between clients, Bourse and providers: the chat
// request as it comes in and as it goes up, the answer and its stream as they come down and go
// out, the usage object, the error envelope, and the framing of event streams.
//
// Everything here is pure: no network, no database, no prices. Values that we do not read are
// kept as bytes and never decoded, so the cost of a chunk is one pass over it.
package wire
