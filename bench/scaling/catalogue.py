"""All that is measured, in the order in which it is printed."""

from scaling import (rows_access, rows_channels, rows_event_streams, rows_http, rows_idle,
                     rows_subscriptions, rows_threads, rows_tls)
from scaling.curves import CURVES as CURVES

ROWS = [*rows_channels.ROWS, *rows_event_streams.ROWS, *rows_subscriptions.ROWS, *rows_idle.ROWS,
        *rows_http.ROWS, *rows_access.ROWS, *rows_tls.ROWS, *rows_threads.ROWS]
