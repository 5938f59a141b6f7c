/* SPDX-License-Identifier: BSD-3-Clause */
/* Plays of a guest beside other guests: it takes all of the GPU that it can get, or looks for what
 * others have left there. */
#include <err.h>
#include <stdio.h>
#include <string.h>

#include "client.h"

/*
 * Batches without end, with always as many in the queue as it takes; all alike, after one that is
 * as many times as long as `tag` says: by that whoever looks at the GPU from outside knows the
 * guest.
 */
void saturate(unsigned tag, unsigned batches)
{
    static struct stream s;
    unsigned number[BATCHES], posted = 0;

    set_up(&s);
    clear_and_look(&s, red, RED);
    for (unsigned i = 0; i < tag; i++)
        stream_clear(&s, blue);
    expect("SUBMIT_3D", submit(1, &s), VGPU_OK_NODATA);
    s.count = 0;
    stream_clear(&s, blue);
    printf("gpu: %u begins\n", tag);
    for (; posted < BATCHES; posted++)
        number[posted] = post(1, &s);
    for (unsigned done = 0; done < batches; done++) {
        expect("SUBMIT_3D", driver_wait(number[done % BATCHES], 1), VGPU_OK_NODATA);
        number[done % BATCHES] = post(1, &s);
    }
    printf("gpu: %u has had %u batches\n", tag, batches);
}

#define CANVAS_SIDE  256u
#define CANVAS_BYTES (CANVAS_SIDE * CANVAS_SIDE * 4u)
#define CANVASES     8u
#define SECRET       0xFFFF8040u /* what is painted: no pixel of anybody else's looks like it */

static const struct {
    const char *what;
    uint32_t target, format, bind, width, height;
} kinds[] = {
    {"textures", 2, VGPU_FORMAT_B8G8R8A8, 2, CANVAS_SIDE, CANVAS_SIDE},
    {"shown pictures", 2, VGPU_FORMAT_B8G8R8X8, 2 | 8 | 1u << 18, CANVAS_SIDE, CANVAS_SIDE},
    {"buffers", 0, 64, 16, CANVAS_BYTES, 1},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void canvas(unsigned kind, uint32_t id)
{
    resource(id, kinds[kind].target, kinds[kind].format, kinds[kind].bind, kinds[kind].width,
             kinds[kind].height, PICTURE_AT, CANVAS_BYTES);
    expect("CTX_ATTACH", attach(1, id), VGPU_OK_NODATA);
}

static void release(uint32_t id)
{
    const struct vgpu_resource_command c = {.header = header(VGPU_CMD_RESOURCE_UNREF, 0),
                                            .resource_id = id};

    expect("RESOURCE_UNREF", SEND(c), VGPU_OK_NODATA);
}

static void fill(uint32_t value)
{
    for (uint32_t i = 0; i < CANVAS_BYTES; i += 4)
        memcpy(driver_memory + PICTURE_AT + i, &value, sizeof(value));
}

/* Fills resources of every kind with the secret and gives them back. */
void paint(unsigned times)
{
    context(1);
    for (unsigned i = 0; i < times; i++) {
        for (unsigned kind = 0; kind < KINDS; kind++) {
            fill(SECRET);
            for (uint32_t id = 1; id <= CANVASES; id++) {
                canvas(kind, id);
                expect("TRANSFER_TO_HOST_3D",
                       transfer(VGPU_CMD_TRANSFER_TO_HOST_3D, 1, id, kinds[kind].width,
                                kinds[kind].height),
                       VGPU_OK_NODATA);
                /* Is it there? Else nobody could find it either. */
                if (id == CANVASES) {
                    fill(0);
                    expect("TRANSFER_FROM_HOST_3D",
                           transfer(VGPU_CMD_TRANSFER_FROM_HOST_3D, 1, id, kinds[kind].width,
                                    kinds[kind].height),
                           VGPU_OK_NODATA);
                    if (memcmp(driver_memory + PICTURE_AT, &(uint32_t){SECRET}, 4))
                        errx(1, "%s were not painted", kinds[kind].what);
                }
            }
            for (uint32_t id = 1; id <= CANVASES; id++)
                release(id);
        }
    }
    printf("gpu: painted %u times\n", times);
}

static void look(unsigned kind, unsigned *secret, unsigned *set)
{
    fill(SECRET ^ 0xFFFFFFFF); /* every word of this must be written over */
    expect("TRANSFER_FROM_HOST_3D",
           transfer(VGPU_CMD_TRANSFER_FROM_HOST_3D, 1, 1, kinds[kind].width, kinds[kind].height),
           VGPU_OK_NODATA);
    for (uint32_t i = 0; i < CANVAS_BYTES; i += 4) {
        uint32_t word;

        memcpy(&word, driver_memory + PICTURE_AT + i, sizeof(word));
        *secret += word == SECRET;
        *set += (word & 0xFFFFFF) != 0;
    }
}

/* Makes resources of every kind and reads what is in them before anybody has written there. */
void peep(unsigned times)
{
    context(1);
    for (unsigned kind = 0; kind < KINDS; kind++) {
        unsigned secret = 0, set = 0;

        for (unsigned i = 0; i < times; i++) {
            canvas(kind, 1);
            look(kind, &secret, &set);
            release(1);
        }
        printf("gpu: fresh %s: %u pixels of another guest, %u pixels of anything\n",
               kinds[kind].what, secret, set);
    }
}
