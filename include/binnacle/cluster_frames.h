/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the cluster's picture reaches the compositor, and how the cluster knows that it did.
 *
 * Region "cluster-frames" (cluster writes, service VM reads): bn_shm_header, bn_cluster_frames,
 * then the buffers. The cluster draws frame n into buffer n % buffers, fills frame[n % buffers],
 * then stores `latest` = n. The compositor shows frames in order and never reads a buffer whose
 * frame[].counter is not the one it asked for, before and after its copy.
 *
 * Of each frame it also tells what the place of each telltale looks like, lit or dark, so that
 * somebody else can check what is on the glass: telltales[n % buffers] goes with frame n as
 * frame[n % buffers] does and is read by the same rule, its counter looked at before and after.
 * Nothing but the telltale, the theme and the curtain of a new theme ever changes these pixels. A
 * cluster that does not tell leaves all of it zero.
 *
 * Region "display-status" (service VM writes, cluster and hypervisor read): bn_shm_header,
 * bn_display_status, CRC protected.
 *
 * Every frame also carries its counter as pixels, so that a picture taken outside the machine can
 * be dated: a row of 32 cells, BN_FRAME_CODE_CELL pixels square, least significant bit first, at
 * the bottom left corner; white = 1, black = 0, followed by 8 cells of checksum (the sum of the
 * four counter bytes, low 8 bits, inverted).
 */
#ifndef BINNACLE_CLUSTER_FRAMES_H
#define BINNACLE_CLUSTER_FRAMES_H

#include "binnacle/shm.h"

#define BN_FRAME_BUFFERS      4
#define BN_FRAME_DAMAGE_RECTS 8
#define BN_FRAME_CODE_CELL    4  /* pixels */
#define BN_FRAME_CODE_BITS    40 /* 32 counter + 8 check */
#define BN_CLUSTER_FPS        60
#define BN_FRAME_TELLTALES    32 /* room for all that enum bn_telltale (vehicle.h) may ever have */

struct bn_rect {
    int32_t x, y, width, height; /* pixels, top left origin */
};

enum bn_display_state {                       /* what the driver looks at */
                        BN_DISPLAY_EARLY = 1, /* the cluster draws to the boot framebuffer */
                        BN_DISPLAY_SHARED =
                            2, /* the compositor shows the cluster's buffers, topmost */
                        BN_DISPLAY_SAFE =
                            3, /* service VM missed its deadline: boot framebuffer again */
};

struct bn_frame {
    uint32_t counter; /* frame number in this buffer; BN_FRAME_BUSY while it is being drawn */
    uint32_t damage_count;
    uint64_t drawn_ns;    /* cluster's time when the frame was complete */
    uint64_t deadline_ns; /* cluster's time by which it must be scanned out */
    struct bn_rect damage[BN_FRAME_DAMAGE_RECTS]; /* relative to frame counter - 1 */
};
BN_SIZE_IS(struct bn_frame, 152);

#define BN_FRAME_BUSY 0xFFFFFFFFu

struct bn_telltale_region {
    struct bn_rect place; /* width 0: there is no such telltale on this screen */
    /* bn_crc32 from 0 over its lines from above, in a line the pixels from the left, each as four
     * bytes: blue, green, red, 0. The buffer's unused byte is taken as 0, whatever it holds. */
    uint32_t crc;
};
BN_SIZE_IS(struct bn_telltale_region, 20);

struct bn_frame_telltales {
    uint32_t telltales; /* bit enum bn_telltale: lit in this frame */
    struct bn_telltale_region region[BN_FRAME_TELLTALES]; /* by enum bn_telltale */
};
BN_SIZE_IS(struct bn_frame_telltales, 644);

struct bn_cluster_frames {                    /* at offset 64 of the region */
    uint32_t width, height, pitch;            /* pixels, pixels, bytes; XRGB8888 */
    uint32_t buffers;                         /* BN_FRAME_BUFFERS */
    uint32_t buffer_offset[BN_FRAME_BUFFERS]; /* bytes from the start of the region */
    uint32_t latest;                          /* last complete frame; the first is 1 */
    uint32_t display_state;                   /* enum bn_display_state, as the cluster sees it */
    uint64_t tsc_hz; /* drawn_ns = TSC ticks since boot_tsc, scaled by this: lets a reader with the
                        same TSC compare */
    uint64_t boot_tsc;
    struct bn_frame frame[BN_FRAME_BUFFERS];
    struct bn_frame_telltales telltales[BN_FRAME_BUFFERS];
};
BN_SIZE_IS(struct bn_cluster_frames, 3240);
BN_OFFSET_IS(struct bn_cluster_frames, telltales, 664);

struct bn_display_status { /* at offset 64 of the region; updated once per composed frame and at
                              least every 100 ms */
    uint32_t
        shown; /* counter of the cluster frame in the buffer last handed to scan-out; 0: none yet */
    uint32_t shown_total;  /* cluster frames scanned out since start */
    uint32_t missed;       /* counters that were never scanned out */
    uint32_t late;         /* scanned out after their deadline */
    uint64_t heartbeat_ns; /* compositor's time */
    uint64_t worst_ns;     /* longest drawn-to-scanned-out time seen */
    uint32_t ready;        /* 1: the compositor is showing the cluster's buffers topmost */
    uint32_t guests_lost;  /* bit i: the scenario's vm[i] has shown a picture, and shows none on any
                              of  its screens */
};
BN_SIZE_IS(struct bn_display_status, 40);

#endif
