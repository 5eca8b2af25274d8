/// Whether a result of `count` floats is better written past the caches, from 8 MiB on: the next operator hardly finds
/// it there among all that a step touches, and a plain store first reads the line that it overwrites.
func exceedsCaches(_ count: Int) -> Bool { count >= 1 << 21 }
