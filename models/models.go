// Package models holds the nouns of the marketplace, their rows and the SQL that reads and
// writes them, on SQLite and PostgreSQL alike. It is the only package that imports gorm.
//
// It knows no prices beyond arithmetic of units, no fees, no permissions, no HTTP, no caches and
// no goroutines: what needs two nouns and a rule lives in the package of that rule.
package models
