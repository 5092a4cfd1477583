"""The session type, for layers that pass it on without knowing SQL."""

from sqlalchemy.ext.asyncio import AsyncSession

Session = AsyncSession
