// Package replay puts recorded answers of real providers through the whole house, from the upstream's
// socket to the customer's, and checks text, counts and money.
package replay
