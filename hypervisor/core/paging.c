/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Page tables of four levels in any format: map, unmap, look up. Tables are never freed before the
 * whole tree is, so that a CPU which still walks an old path finds no foreign data there.
 */
#include "hv/paging.h"
#include "hv/hw.h"
#include "hv/lib.h"
#include "hv/log.h"

#ifndef PAGING_BITS /* of an address by level; fewer in a proof */
#define PAGING_BITS 9
#endif
#define ENTRIES     (1u << PAGING_BITS)
#define ADDRESS_MAX (1ull << 48)

struct paging_format {
    uint64_t table; /* bits of an entry that points to a table */
    uint64_t level; /* times the level of that table, plus one, belongs into it too */
    uint64_t present;
    uint64_t kind,
        large; /* of an entry above the last level: `large` in these bits, it is a leaf */
    uint64_t leaf, write, exec; /* of a leaf: always; by right */
    uint64_t inverted;          /* those that take the right away */
    uint64_t cached, uncached;  /* of memory; of what the mapping says is none */
};

unsigned paging_max_large = 1;

#define NX (1ull << 63)

/*
 * table, level, present, kind, large; leaf, write, exec, inverted, cached, uncached.
 * APM 2 §5.3: the long-mode format; accessed and dirty are set so that no walk has to write.
 */
const struct paging_format paging_x86 = {0x23, 0, 1, 0x80, 0x80, 0x61, 2, NX, NX, 0, 0x18};
/* APM 2 §15.25.5: nested walks are user accesses. */
const struct paging_format paging_npt = {0x27, 0, 1, 0x80, 0x80, 0x65, 2, NX, NX, 0, 0x18};
/* SDM 3 §29.3.2: memory is write-back, the rest uncached unless the guest's own tables combine
 * writes there (§12.5.2); on AMD's side the MTRRs see to that. */
const struct paging_format paging_ept = {7, 0, 7, 0x80, 0x80, 1, 2, 4, 0, 6u << 3, 0};
/* VT-d §9.8: second-level tables. */
const struct paging_format paging_vtd = {3, 0, 3, 0x80, 0x80, 1, 2, 0, 0, 0, 0};
/* AMD IOMMU §2.2.3: each entry says the level of what it points to; 0 is a page. */
const struct paging_format paging_amd = {1u | 3ull << 61, 1u << 9, 1, 7u << 9, 0, 1u | 1ull << 61,
                                         1ull << 62,      0,       0, 0,       0};

static uint64_t leaf_of(const struct paging_format *f, uint32_t rights)
{
    return (f->leaf | (rights & MAP_WRITE ? f->write : 0) | (rights & MAP_EXEC ? f->exec : 0) |
            (rights & MAP_UNCACHED ? f->uncached : 0) |
            (rights & (MAP_UNCACHED | MAP_DEVICE) ? 0 : f->cached)) ^
           f->inverted;
}

static uint32_t rights_of(const struct paging_format *f, uint64_t entry)
{
    bool uncached = f->cached ? !(entry & f->cached) : entry & f->uncached;

    return MAP_READ | (entry & f->write ? MAP_WRITE : 0) |
           ((entry ^ f->inverted) & f->exec ? MAP_EXEC : 0) | (uncached ? MAP_UNCACHED : 0);
}

struct walk {
    struct nested_paging *tables;
    bool remove, dry;
    uint32_t rights;
    size_t needed; /* tables, counted by the dry pass */
    hpa_t reserve; /* list of that many pages */
};

static uint64_t span_of(unsigned level)
{
    return 1ull << (12 + PAGING_BITS * level);
}

static bool is_leaf(const struct paging_format *format, uint64_t entry, unsigned level)
{
    return level == 0 || (entry & format->kind) == format->large;
}

static void store(const struct nested_paging *tables, uint64_t *slot, uint64_t entry)
{
    __atomic_store_n(slot, entry, __ATOMIC_RELEASE);
    if (tables->write_back)
        hw_write_back(slot, sizeof(*slot));
}

/* A table below `slot`, which holds nothing or a large page: filled with the same meaning. */
static uint64_t *new_table(struct walk *walk, uint64_t *slot, unsigned level)
{
    const struct paging_format *format = walk->tables->format;
    hpa_t page = walk->reserve;
    uint64_t *table = hpa_to_ptr(page);
    uint64_t old = *slot;

    HV_ASSERT(page); /* the dry pass counted it */

    walk->reserve = *table;
    *table = 0;
    if (old & format->present) {
        uint64_t bits = old & ~PAGING_FRAME & ~(level == 1 ? format->large : 0);
        uint64_t frame = old & PAGING_FRAME & ~(span_of(level) - 1);

        for (unsigned i = 0; i < ENTRIES; i++)
            table[i] = bits | (frame + i * span_of(level - 1));
    }
    walk->tables->pages++;
    if (walk->tables->write_back)
        hw_write_back(table, HV_PAGE_BYTES);
    store(walk->tables, slot, page | format->table | level * format->level);
    return table;
}

static void walk_level(struct walk *walk, uint64_t *table, unsigned level, uint64_t from, hpa_t to,
                       uint64_t bytes)
{
    const struct paging_format *format = walk->tables->format;
    uint64_t span = span_of(level);

    while (bytes) {
        uint64_t *slot = table ? &table[(from / span_of(level)) % ENTRIES] : NULL;
        uint64_t entry = slot ? *slot : 0;
        uint64_t chunk = span - (from & (span - 1));
        /* The dry pass has no table below a page that is to be split: all of it is present there.
         */
        bool present = slot ? entry & format->present : walk->remove;
        bool leaf = !slot || !present || is_leaf(format, entry, level);

        if (chunk > bytes)
            chunk = bytes;
        if (leaf && chunk == span && !walk->remove && level <= walk->tables->large &&
            !(to & (span - 1))) {
            if (!walk->dry)
                store(walk->tables, slot,
                      leaf_of(format, walk->rights) | (level ? format->large : 0) | to);
        } else if (leaf && chunk == span && walk->remove) {
            if (!walk->dry && present)
                store(walk->tables, slot, 0);
        } else if (present || !walk->remove) {
            uint64_t *next = NULL;

            HV_ASSERT(level); /* a page is never split */
            if (!leaf)
                next = hpa_to_ptr(entry & PAGING_FRAME);
            else if (walk->dry)
                walk->needed++;
            else
                next = new_table(walk, slot, level);
            walk_level(walk, next, level - 1, from, to, chunk);
        }
        from += chunk;
        to += chunk;
        bytes -= chunk;
    }
}

static enum bn_status reserve_pages(struct walk *walk)
{
    for (size_t i = 0; i < walk->needed; i++) {
        hpa_t page = page_alloc();

        if (!page) {
            while (walk->reserve) {
                page = walk->reserve;
                walk->reserve = *(hpa_t *)hpa_to_ptr(page);
                page_free(page);
            }
            return BN_ENOMEM;
        }
        *(hpa_t *)hpa_to_ptr(page) = walk->reserve;
        walk->reserve = page;
    }
    return BN_OK;
}

/* Twice the same way: the first counts the tables that are missing, so that the second cannot fail.
 */
static enum bn_status change(struct walk *walk, uint64_t from, hpa_t to, uint64_t bytes)
{
    uint64_t *root = hpa_to_ptr(walk->tables->root), end = span_of(walk->tables->top + 1);
    unsigned top = walk->tables->top;
    enum bn_status status;

    if ((from | to | bytes) & (HV_PAGE_BYTES - 1) || bytes > end || from > end - bytes ||
        to > ADDRESS_MAX - bytes)
        return BN_EINVAL;
    walk->dry = true;
    walk_level(walk, root, top, from, to, bytes);
    status = reserve_pages(walk);
    if (status != BN_OK)
        return status;
    walk->dry = false;
    walk_level(walk, root, top, from, to, bytes);
    return BN_OK;
}

enum bn_status paging_init(struct nested_paging *tables, const struct paging_format *format)
{
    *tables = (struct nested_paging){
        .format = format, .root = page_alloc(), .pages = 1, .top = 3, .large = paging_max_large};
    return tables->root ? BN_OK : BN_ENOMEM;
}

static void free_level(const struct paging_format *format, hpa_t page, unsigned level)
{
    const uint64_t *table = hpa_to_ptr(page);

    for (unsigned i = 0; level && i < ENTRIES; i++)
        if ((table[i] & format->present) && !is_leaf(format, table[i], level))
            free_level(format, table[i] & PAGING_FRAME, level - 1);
    page_free(page);
}

void paging_finish(struct nested_paging *tables)
{
    if (tables->root)
        free_level(tables->format, tables->root, tables->top);
    tables->root = 0;
    tables->pages = 0;
}

enum bn_status paging_map(struct nested_paging *tables, uint64_t from, hpa_t to, uint64_t bytes,
                          uint32_t rights)
{
    struct walk walk = {.tables = tables, .rights = rights};

    return change(&walk, from, to, bytes);
}

enum bn_status paging_unmap(struct nested_paging *tables, uint64_t from, uint64_t bytes)
{
    struct walk walk = {.tables = tables, .remove = true};

    /* `to` only decides whether large pages fit: nothing to fit here. */
    return change(&walk, from, 0, bytes);
}

enum bn_status paging_lookup(const struct nested_paging *tables, uint64_t from, hpa_t *to,
                             uint32_t *rights, uint64_t *contiguous)
{
    const uint64_t *table = hpa_to_ptr(tables->root);

    if (from >= span_of(tables->top + 1))
        return BN_EFAULT;
    for (unsigned level = tables->top;; level--) {
        uint64_t entry =
            __atomic_load_n(&table[(from / span_of(level)) % ENTRIES], __ATOMIC_ACQUIRE);
        uint64_t offset = from & (span_of(level) - 1);

        if (!(entry & tables->format->present))
            return BN_EFAULT;
        if (is_leaf(tables->format, entry, level)) {
            *to = (entry & PAGING_FRAME & ~(span_of(level) - 1)) + offset;
            *rights = rights_of(tables->format, entry);
            *contiguous = span_of(level) - offset;
            return BN_OK;
        }
        table = hpa_to_ptr(entry & PAGING_FRAME);
    }
}

static enum bn_status each_below(const struct nested_paging *tables, hpa_t page, unsigned level,
                                 uint64_t from, paging_visit visit, void *context)
{
    const uint64_t *table = hpa_to_ptr(page);
    enum bn_status status = BN_OK;

    for (unsigned i = 0; i < ENTRIES && status == BN_OK; i++, from += span_of(level)) {
        uint64_t frame = table[i] & PAGING_FRAME;

        if (!(table[i] & tables->format->present))
            continue;
        if (is_leaf(tables->format, table[i], level))
            status = visit(context, from, frame & ~(span_of(level) - 1), span_of(level),
                           rights_of(tables->format, table[i]));
        else
            status = each_below(tables, frame, level - 1, from, visit, context);
    }
    return status;
}

enum bn_status paging_each(const struct nested_paging *tables, paging_visit visit, void *context)
{
    return each_below(tables, tables->root, tables->top, 0, visit, context);
}
