/* SPDX-License-Identifier: BSD-3-Clause */
/* The hypervisor's own pages: fresh ones from the bottom of what the image leaves, freed ones from
 * a list. */
#include "hv/lib.h"
#include "hv/paging.h"

static struct spinlock lock;
static hpa_t fresh, end;
static hpa_t free_list; /* each free page starts with the address of the next */
static size_t free_count;

void memory_init(hpa_t from, hpa_t to)
{
    fresh = page_up(from);
    end = to;
}

hpa_t pages_alloc(size_t count)
{
    hpa_t pages = 0;

    spin_lock(&lock);
    if (count && (end - fresh) / HV_PAGE_BYTES >= count) {
        pages = fresh;
        fresh += count * HV_PAGE_BYTES;
    }
    spin_unlock(&lock);
    if (pages)
        memset(hpa_to_ptr(pages), 0, count * HV_PAGE_BYTES);
    return pages;
}

hpa_t page_alloc(void)
{
    hpa_t page;

    spin_lock(&lock);
    page = free_list;
    if (page) {
        free_list = *(hpa_t *)hpa_to_ptr(page);
        free_count--;
    }
    spin_unlock(&lock);
    if (!page)
        return pages_alloc(1);
    memset(hpa_to_ptr(page), 0, HV_PAGE_BYTES);
    return page;
}

void page_free(hpa_t page)
{
    spin_lock(&lock);
    *(hpa_t *)hpa_to_ptr(page) = free_list;
    free_list = page;
    free_count++;
    spin_unlock(&lock);
}

size_t memory_free_pages(void)
{
    return (end - fresh) / HV_PAGE_BYTES + free_count;
}
