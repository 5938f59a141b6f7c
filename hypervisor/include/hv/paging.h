/* SPDX-License-Identifier: BSD-3-Clause */
/* One page-table module for every format: the hypervisor's own tables and NPT (x86 format), EPT,
 * and the IOMMUs'. */
#ifndef HV_PAGING_H
#define HV_PAGING_H

#include "hv/types.h"

#define MAP_READ     (1u << 0)
#define MAP_WRITE    (1u << 1)
#define MAP_EXEC     (1u << 2)
#define MAP_UNCACHED (1u << 3)
#define MAP_DEVICE   (1u << 4) /* no memory: as its registers want it, as far as the guest says */

#define PAGING_FRAME 0x000FFFFFFFFFF000ull /* of an entry, in every format */

struct paging_format;                         /* entry layout of one hardware */
extern const struct paging_format paging_x86; /* hypervisor */
extern const struct paging_format paging_npt;
extern const struct paging_format paging_ept;
extern const struct paging_format paging_vtd;
extern const struct paging_format paging_amd;
extern unsigned paging_max_large; /* of the CPUs, level of the largest leaf: 1 = 2 MiB, 2 = 1 GiB */

struct nested_paging {
    const struct paging_format *format;
    hpa_t root;
    uint64_t pages;  /* tables in use */
    unsigned top;    /* level of the root: 3, or 2 for addresses below 512 GiB */
    unsigned large;  /* of the largest leaf, 0 to 2 */
    bool write_back; /* who walks them does not look into the caches */
};

/* Empty. The last three members may be changed until something is mapped. */
enum bn_status paging_init(struct nested_paging *tables, const struct paging_format *format);
void paging_finish(struct nested_paging *tables); /* frees every table */

/* Maps [from, from + bytes) to [to, ...), 4 KiB granular, with the largest pages that fit.
 * BN_ENOMEM: nothing was changed. */
enum bn_status paging_map(struct nested_paging *tables, uint64_t from, hpa_t to, uint64_t bytes,
                          uint32_t rights);
/* Removes the range, splitting large pages at its borders (BN_ENOMEM: nothing was changed). The
 * caller flushes TLBs: vm_unmap() does both. */
enum bn_status paging_unmap(struct nested_paging *tables, uint64_t from, uint64_t bytes);
/* Translation of one address: rights and how many bytes from there are contiguous in the same page.
 * BN_EFAULT: unmapped. */
enum bn_status paging_lookup(const struct nested_paging *tables, uint64_t from, hpa_t *to,
                             uint32_t *rights, uint64_t *contiguous);

/* Calls `visit` for each page that is mapped, in the order of addresses, until one fails. */
typedef enum bn_status (*paging_visit)(void *context, uint64_t from, hpa_t to, uint64_t bytes,
                                       uint32_t rights);
enum bn_status paging_each(const struct nested_paging *tables, paging_visit visit, void *context);

/* Page-sized memory from the hypervisor's own range, zeroed; 0 when used up. */
hpa_t page_alloc(void);
hpa_t pages_alloc(size_t count); /* contiguous */
void page_free(hpa_t page);
void *hpa_to_ptr(hpa_t address); /* the direct map: RW, never executable */
hpa_t ptr_to_hpa(const void *pointer);

/* ---- Start of the page allocator. */
void memory_init(hpa_t from, hpa_t to); /* what is free of the hypervisor's own range */
size_t memory_free_pages(void);

#endif
