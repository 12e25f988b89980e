# SPDX-License-Identifier: GPL-2.0-only
"""What Linux's developers measured comes out of the mechanism: each knob that fights fragmentation,
against its absence, on bundled workloads over several seeds."""
import tap

SEEDS = "1..4"


def compare(workload, path, values, seeds=SEEDS, sets=()):
    """Metric -> one statistic for each of the values."""
    r = tap.mempress("compare", "pc-512m", workload, "--vary", f"policy.{path}={','.join(values)}",
                     "--seeds", seeds, "--json", "out.json", "-f", "-o", f"{path}-out", "--set",
                     "record.sample_interval=1s", "--set", "record.map=false",
                     *(word for one in sets for word in ("--set", one)))
    if not tap.ok(r.sound() and r.status == 0, f"{path}: {workload} runs", r):
        return None
    return {m["name"]: m["values"] for m in tap.load("out.json")["metrics"]}


def median(found, name, variant):
    """What is 0 in all runs is left out."""
    return found[name][variant]["median"] if name in found else 0


def check(found, path, name, more, sure=True):
    """The second value has more (or less) than the first; sure: not by chance either."""
    if found is None:
        return
    first, second = (median(found, name, i) for i in (0, 1))
    right = second > first if more else second < first
    chance = sure and name in found and not found[name][1]["more_than_noise"]
    tap.ok(right and not chance, f"{path}: {'more' if more else 'less'} {name}",
           f"{first} -> {second}{' may be chance' if chance else ''}")


# Grouping pages by mobility: Gorman and Whitcroft, "The What, The Why and the Where To of
# Anti-Fragmentation", 2006. Without it there are no types to fall back between; what counts is
# where unmovable pages lie and how many huge pages are left.
got = compare("huge-pages-at-rest", "page_group_by_mobility", ("true", "false"))
check(got, "page_group_by_mobility", "unmovable_blocks", True)
check(got, "page_group_by_mobility", "unusable9", True)
check(got, "page_group_by_mobility", "order9", False, sure=False)

# Boost: 5.0, "mm: reclaim small amounts of memory when an external fragmentation event
# occurs": fewer fragmenting events, more huge pages, for more work of kswapd. How many events
# there are differs tenfold from seed to seed where huge pages are asked for all the time.
got = compare("database-writer", "watermark_boost_factor", ("15000", "0"), seeds="1..12")
check(got, "watermark_boost_factor", "fragmenting", True)
got = compare("huge-pages", "watermark_boost_factor", ("15000", "0"), seeds="1..8")
check(got, "watermark_boost_factor", "thp_fault_alloc", False)
check(got, "watermark_boost_factor", "kernel_threads", False)

# defrag_mode: 6.15, "mm: page_alloc: defrag_mode".
got = compare("huge-pages", "defrag_mode", ("0", "1"))
check(got, "defrag_mode", "fragmenting", False)
check(got, "defrag_mode", "fallbacks", False)

# A lower zone before mixing: 5.0, "mm, page_alloc: spread allocations across zones before
# introducing fragmentation". It takes a zone Normal with DMA32 below it.
TWO_ZONES = ("machine.reserved=[]", "machine.late_free=[]",
             'machine.nodes=[{"cpus":2,"memory":[{"start":"1MiB","end":"257MiB"},'
             '{"start":"4GiB","end":"4352MiB"}]}]')
got = compare("mixed-lifetimes", "alloc_nofragment", ("true", "false"), sets=TWO_ZONES)
check(got, "alloc_nofragment", "fragmenting", True)
check(got, "alloc_nofragment", "unmovable_blocks", True)
check(got, "alloc_nofragment", "order9", False)

# Proactive compaction: 5.9, "mm: proactive compaction".
got = compare("huge-pages-at-rest", "compaction_proactiveness", ("60", "0"))
check(got, "compaction_proactiveness", "order9", False)
check(got, "compaction_proactiveness", "pgmigrate_success", False, sure=False)

# Huge pages on fault with and without direct reclaim and compaction: 4.6, "mm: thp:
# set THP defrag by default to madvise and add a stall-free defrag option".
got = compare("huge-pages", "thp_defrag", ("never", "always"), seeds="1..8")
check(got, "thp_defrag", "thp_fault_alloc", True)
check(got, "thp_defrag", "stall_compaction", True)

# khugepaged: 2.6.38, "thp: khugepaged". What a fault did not try hard for comes later, without a
# stall; how much later is a matter of its pace.
got = compare("huge-pages-later", "thp_defrag", ("never", "madvise"), seeds="1..8")
check(got, "thp_defrag", "thp_collapse_alloc", False)
check(got, "thp_defrag", "thp_fault_alloc", True)
check(got, "thp_defrag", "stall_compaction", True)
got = compare("huge-pages-later", "khugepaged.scan_sleep_millisecs", ("10000", "90000"))
check(got, "khugepaged.scan_sleep_millisecs", "thp_collapse_alloc", False)
tap.done()
