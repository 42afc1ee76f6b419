package models

import (
	"context"
	"fmt"
	"time"
)

// The roles.
const (
	RoleUser     = "user"
	RoleOperator = "operator"
)

// User is a person with an address and a password.
type User struct {
	ID           string
	Email        string // normalised
	Name         string
	PasswordHash string
	Role         string
	VerifiedUs   int64
	CreatedUs    int64
}

// Verified reports whether the address is known to be theirs.
func (u User) Verified() bool { return u.VerifiedUs != 0 }

// Operator reports whether the person runs this marketplace.
func (u User) Operator() bool { return u.Role == RoleOperator }

// Created is when the person signed up.
func (u User) Created() time.Time { return fromMicro(u.CreatedUs) }

// CreateUser inserts a person together with their empty account. The first one ever becomes the
// operator. An address that exists is a Conflict.
func (db *DB) CreateUser(ctx context.Context, u User) (User, error) {
	err := db.Tx(ctx, func(tx *DB) error {
		first := tx.w(ctx).Exec("INSERT INTO first_user (one, user_id) VALUES (1, ?) ON CONFLICT (one) DO NOTHING", u.ID)
		if first.Error != nil {
			return fmt.Errorf("decide who is first: %w", first.Error)
		}
		if first.RowsAffected == 1 {
			u.Role = RoleOperator
		}
		if err := tx.w(ctx).Table("users").Create(&u).Error; err != nil {
			if isDuplicate(err) {
				return Errorf(Conflict, "There is an account with this address already.")
			}
			return fmt.Errorf("insert user: %w", err)
		}
		_, err := tx.CreateAccount(ctx, u.ID)
		return err
	})
	return u, err
}

// UserByID reads a person.
func (db *DB) UserByID(ctx context.Context, id string) (User, error) {
	return db.user(ctx, "id", id)
}

// UserByEmail reads a person by their normalised address.
func (db *DB) UserByEmail(ctx context.Context, email string) (User, error) {
	return db.user(ctx, "email", email)
}

func (db *DB) user(ctx context.Context, column, value string) (User, error) {
	var u User
	err := db.r(ctx).Table("users").Where(column+" = ?", value).Take(&u).Error
	if isMissing(err) {
		return u, Errorf(NotFound, "There is no such user.")
	}
	if err != nil {
		return u, fmt.Errorf("read user: %w", err)
	}
	return u, nil
}

// HasUsers reports whether anybody has signed up.
func (db *DB) HasUsers(ctx context.Context) (bool, error) {
	var n int64
	if err := db.r(ctx).Table("first_user").Count(&n).Error; err != nil {
		return false, fmt.Errorf("look for users: %w", err)
	}
	return n > 0, nil
}

// VerifyUser records that the address is theirs.
func (db *DB) VerifyUser(ctx context.Context, id string) error {
	err := db.w(ctx).Exec("UPDATE users SET verified_us = ? WHERE id = ? AND verified_us = 0", time.Now().UnixMicro(), id).Error
	if err != nil {
		return fmt.Errorf("verify user: %w", err)
	}
	return nil
}

// SetPassword replaces the password hash.
func (db *DB) SetPassword(ctx context.Context, id, hash string) error {
	if err := db.w(ctx).Exec("UPDATE users SET password_hash = ? WHERE id = ?", hash, id).Error; err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	return nil
}

// SetUserName replaces the name that pages greet with.
func (db *DB) SetUserName(ctx context.Context, id, name string) error {
	if err := db.w(ctx).Exec("UPDATE users SET name = ? WHERE id = ?", name, id).Error; err != nil {
		return fmt.Errorf("set name: %w", err)
	}
	return nil
}

// SetRole makes a person an operator or an ordinary user.
func (db *DB) SetRole(ctx context.Context, id, role string) error {
	if err := db.w(ctx).Exec("UPDATE users SET role = ? WHERE id = ?", role, id).Error; err != nil {
		return fmt.Errorf("set role: %w", err)
	}
	return nil
}

// OperatorEmails lists the addresses of those who run this marketplace.
func (db *DB) OperatorEmails(ctx context.Context) ([]string, error) {
	var out []string
	if err := db.r(ctx).Table("users").Where("role = ?", RoleOperator).Order("created_us").Pluck("email", &out).Error; err != nil {
		return nil, fmt.Errorf("list operators: %w", err)
	}
	return out, nil
}
