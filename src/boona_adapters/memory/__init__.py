"""All stores in this process: a real adapter, held to the same contract as Postgres."""

from boona_adapters.memory.unit import MemoryStore, MemoryUnit

__all__ = ["MemoryStore", "MemoryUnit"]
