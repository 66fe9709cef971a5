"""The emulated AWS account: moto's default."""

ACCOUNT = "123456789012"
