"""Postgres: Core tables, repositories, and the unit of work that they share."""
