"""The schedules and their registry."""

from openconnector.kinds.registry import Registry
from openconnector.kinds.schedule import Schedule
from openconnector.schedules.calendar_interval import CalendarInterval
from openconnector.schedules.cron import CronSchedule
from openconnector.schedules.interval import Interval
from openconnector.schedules.once import Once

SCHEDULES = Registry[Schedule]("schedule", CronSchedule, Interval, CalendarInterval, Once)
