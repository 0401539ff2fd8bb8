"""Departments that answer in hours or days: jobs that outlive a process, answers kept until they are told, call-backs and polls."""
