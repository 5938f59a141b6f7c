/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds our regions in the shared window and moves data through them by the rules of shm.h. */
#include "window.h"

#include "mem.h"

#define PAYLOAD 64u /* offset of every payload, shm.h */
_Static_assert(sizeof(struct bn_shm_header) == PAYLOAD, "payload follows the header");
_Static_assert(PAYLOAD + sizeof(struct bn_cluster_frames) <= WINDOW_BUFFER_ALIGN,
               "the buffers follow what is said of them");

#define barrier()                                                                                  \
    __asm__ volatile("" : : : "memory") /* x86 keeps the order of stores, and of loads */

static bool directory_valid(const struct bn_shm_directory *d, uint32_t bytes)
{
    return d->magic == BN_SHM_DIR_MAGIC && d->version == BN_SHM_VERSION &&
           d->count <= BN_SHM_MAX_REGIONS && d->window_bytes <= bytes &&
           d->crc == bn_crc32(0, d, offsetof(struct bn_shm_directory, crc));
}

static bool entry_valid(const struct bn_shm_entry *e, uint64_t window_bytes, uint32_t rights)
{
    return (e->rights & rights) == rights && e->offset % BN_SHM_ALIGN == 0 && e->offset > 0 &&
           e->offset <= window_bytes && e->bytes <= window_bytes - e->offset &&
           e->bytes >= BN_SHM_ALIGN;
}

static void write_header(uint8_t *region, enum bn_shm_kind kind)
{
    struct bn_shm_header h = {
        .magic = BN_SHM_MAGIC,
        .version = BN_SHM_VERSION,
        .data_id = kind,
    };

    h.crc = bn_shm_crc(&h, region);
    memcpy(region, &h, sizeof(h));
}

static void open_frames(struct window *w, uint8_t *region, uint64_t bytes, uint32_t width,
                        uint32_t height)
{
    uint32_t each = (width * height * 4 + WINDOW_BUFFER_ALIGN - 1) & ~(WINDOW_BUFFER_ALIGN - 1);
    struct bn_cluster_frames *f = (struct bn_cluster_frames *)(void *)(region + PAYLOAD);

    if (bytes < WINDOW_BUFFER_ALIGN + (uint64_t)each * BN_FRAME_BUFFERS)
        return;
    memset(f, 0, sizeof(*f)); /* in place: it is more than a stack should hold */
    f->width = width;
    f->height = height;
    f->pitch = width * 4;
    f->buffers = BN_FRAME_BUFFERS;
    f->display_state = BN_DISPLAY_EARLY;
    for (uint32_t i = 0; i < BN_FRAME_BUFFERS; i++) {
        f->buffer_offset[i] = WINDOW_BUFFER_ALIGN + i * each;
        f->frame[i].counter = BN_FRAME_BUSY;
    }
    w->frames_region = region;
    w->frames = f;
    barrier();
    write_header(region, BN_SHM_CLUSTER_FRAMES);
}

bool window_open(struct window *w, uint8_t *base, uint32_t bytes, uint32_t width, uint32_t height)
{
    struct bn_shm_directory d;

    *w = (struct window){0};
    if (!base || bytes < sizeof(d))
        return false;
    memcpy(&d, base, sizeof(d));
    if (!directory_valid(&d, bytes))
        return false;
    for (uint32_t i = 0; i < d.count; i++) {
        const struct bn_shm_entry *e = &d.entry[i];
        uint8_t *region = base + (uint32_t)e->offset;

        if (e->kind == BN_SHM_CLUSTER_FRAMES &&
            entry_valid(e, d.window_bytes, BN_SHM_READ | BN_SHM_WRITE))
            open_frames(w, region, e->bytes, width, height);
        if (e->kind == BN_SHM_VEHICLE && entry_valid(e, d.window_bytes, BN_SHM_READ | BN_SHM_WRITE))
            w->vehicle_region = region;
        if (e->kind == BN_SHM_DISPLAY_STATUS && entry_valid(e, d.window_bytes, BN_SHM_READ))
            w->status_region = region;
        if (e->kind == BN_SHM_CHIME && entry_valid(e, d.window_bytes, BN_SHM_READ | BN_SHM_WRITE))
            w->chime_region = region;
        if (e->kind == BN_SHM_CHIME_STATUS && entry_valid(e, d.window_bytes, BN_SHM_READ))
            w->chime_status_region = region;
    }
    if (w->vehicle_region)
        write_header(w->vehicle_region, BN_SHM_VEHICLE);
    if (w->chime_region)
        write_header(w->chime_region, BN_SHM_CHIME);
    return true;
}

uint32_t *window_buffer(const struct window *w, uint32_t i)
{
    uint32_t bytes = w->frames->pitch * w->frames->height;

    /* Computed, not read back from the region: what another VM might one day write there moves none
     * of our stores. */
    bytes = (bytes + WINDOW_BUFFER_ALIGN - 1) & ~(WINDOW_BUFFER_ALIGN - 1);
    return (uint32_t *)(void *)(w->frames_region + WINDOW_BUFFER_ALIGN + i * bytes);
}

void window_frame_begin(const struct window *w, uint32_t n)
{
    volatile struct bn_frame *f = &w->frames->frame[n % BN_FRAME_BUFFERS];

    f->counter = BN_FRAME_BUSY;
    barrier();
}

void window_frame_end(const struct window *w, uint32_t n, const struct bn_rect *damage,
                      uint32_t count, uint64_t drawn_ns, uint64_t deadline_ns)
{
    struct bn_frame *f = &w->frames->frame[n % BN_FRAME_BUFFERS];

    f->damage_count = count;
    f->drawn_ns = drawn_ns;
    f->deadline_ns = deadline_ns;
    memcpy(f->damage, damage, count * sizeof(*damage));
    barrier();
    *(volatile uint32_t *)&f->counter = n;
    barrier();
    *(volatile uint32_t *)&w->frames->latest = n;
}

/* A small payload by the rules of shm.h: nobody reads it half. */
static void publish(uint8_t *region, const void *payload, uint32_t bytes, uint64_t now_ns)
{
    volatile struct bn_shm_header *h = (volatile struct bn_shm_header *)(void *)region;
    struct bn_shm_header copy;

    if (!region)
        return;
    h->sequence |= 1; /* it may be odd: a task that was ended inside */
    barrier();
    memcpy(region + PAYLOAD, payload, bytes);
    h->payload_bytes = bytes;
    h->counter++;
    h->time_ns = now_ns;
    memcpy(&copy, region, sizeof(copy));
    h->crc = bn_shm_crc(&copy, payload);
    barrier();
    h->sequence++;
}

void window_publish_vehicle(const struct window *w, const struct bn_vehicle *v, uint64_t now_ns)
{
    publish(w->vehicle_region, v, sizeof(*v), now_ns);
}

void window_publish_chimes(const struct window *w, const struct bn_chime_requests *r,
                           uint64_t now_ns)
{
    publish(w->chime_region, r, sizeof(*r), now_ns);
}

static bool read_region(const uint8_t *region, enum bn_shm_kind kind, void *payload, uint32_t bytes,
                        uint32_t *counter)
{
    const volatile struct bn_shm_header *live =
        (const volatile struct bn_shm_header *)(const void *)region;
    struct bn_shm_header h;
    uint32_t before = live->sequence;

    barrier();
    if (before & 1)
        return false;
    memcpy(&h, region, sizeof(h));
    memcpy(payload, region + PAYLOAD, bytes);
    barrier();
    if (live->sequence != before || h.sequence != before)
        return false;
    if (h.magic != BN_SHM_MAGIC || h.version != BN_SHM_VERSION || h.data_id != kind ||
        h.payload_bytes != bytes || h.crc != bn_shm_crc(&h, payload))
        return false;
    *counter = h.counter;
    return true;
}

bool window_read_status(const uint8_t *region, struct bn_display_status *status, uint32_t *counter)
{
    return read_region(region, BN_SHM_DISPLAY_STATUS, status, sizeof(*status), counter);
}

bool window_read_chime_status(const uint8_t *region, struct bn_chime_status *status,
                              uint32_t *counter)
{
    return read_region(region, BN_SHM_CHIME_STATUS, status, sizeof(*status), counter);
}
