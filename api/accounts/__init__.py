"""Accounts of caseworkers: sign-in, roles, audit trail."""
