"""The account that everything belongs to: moto's default."""

ACCOUNT = "123456789012"
