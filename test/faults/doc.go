// Package faults breaks a running marketplace in every way that we can cause, and then counts: was
// anything answered that is not charged, charged twice, or held for ever?
//
// It runs the real binary. The short form is part of every test run; FAULTS=long, or make faults,
// repeats each fault many times and prints the table.
package faults
