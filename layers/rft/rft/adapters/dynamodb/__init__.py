"""What DynamoDB holds: run records, histories, answers, rejections, sent messages."""
