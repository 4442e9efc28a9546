"""The event bus: Redis Streams, Kafka, or a list in this process."""
