-- SPDX-License-Identifier: MIT
-- Stands in for the C module `dnsprobe.coroutine`: there are no leashes here.
return coroutine
