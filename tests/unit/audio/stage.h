/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sound device with a guest's driver on one side and a back end on the other that moves only when
 * told. The guest's memory and rings are real; the vhost-user connection is left out. What would be
 * a process can be dropped at any time and made anew from its files.
 */
#ifndef TESTS_AUDIO_STAGE_H
#define TESTS_AUDIO_STAGE_H

#include "device/device.h"

#define STAGE_QUEUE  64u /* entries */
#define STAGE_CHAINS 20u /* of a queue; chain i has descriptors 3i to 3i+2 */
#define STAGE_BUFFER 16384u
#define STAGE_GPA    UINT64_C(0x100000) /* where the guest has its memory */
#define STAGE_MEMORY (VSND_QUEUES * (4096u + STAGE_CHAINS * (STAGE_BUFFER + 1024u)))

struct manual_stream {
    bool open, running, resumed, not_ready;
    unsigned opens, closes, starts, stops, volumes;
    struct link_format format;
    struct ring *ring;
    struct link_volume volume;
    unsigned source;
};

struct manual { /* the back end */
    struct manual_stream stream[CARD_STREAMS];
    int open_rc, start_rc;
};

struct stage_queue {
    struct vring_desc *desc;
    struct vring_avail *avail;
    struct vring_used *used;
    uint16_t seen;           /* used entries looked at */
    bool busy[STAGE_CHAINS]; /* the device has it */
};

struct stage {
    struct audio audio; /* the process */
    struct manual manual;
    struct vu_loop loop;
    /* what stays when the process dies */
    uint8_t *memory;
    struct vq_mem map;
    struct stage_queue queue[VSND_QUEUES];
    char folder[64]; /* "": memory of the process */
};

extern const struct backend_ops manual_backend;

/* A device of so many streams, with files when `folder` is told; its queues are not started. */
void stage_init(struct stage *s, unsigned playback, unsigned capture, bool folder);
void stage_finish(struct stage *s);
/* For a guest without a device in this process: its rings in s->memory, which is there. */
void stage_rings(struct stage *s);

/* A driver that starts anew: empty rings. */
void stage_driver(struct stage *s, uint64_t features);
/* The front end starts the queues where the used rings are, as after a back end's death. */
void stage_connect(struct stage *s, uint64_t features);
/* The front end stops the queues (VHOST_USER_GET_VRING_BASE); stage_connect goes on. */
void stage_halt(struct stage *s);
/* The process is gone with all it had in its memory, and another one is there. */
void stage_kill(struct stage *s);

/* A request and the status of its answer; payload at most `room` bytes goes to *to, *got bytes. */
uint32_t stage_ask(struct stage *s, const void *request, size_t bytes, void *to, size_t room,
                   size_t *got);
uint32_t stage_pcm(struct stage *s, uint32_t code, unsigned stream);
uint32_t stage_set(struct stage *s, unsigned stream, unsigned format, unsigned channels,
                   unsigned rate, uint32_t period, uint32_t periods, uint32_t features);
/* SET_PARAMS and PREPARE: S16, two channels, 48 kHz. */
void stage_prepare(struct stage *s, unsigned stream, uint32_t period, uint32_t periods);

/* Puts a buffer on the tx or rx queue without a kick; its chain. `pcm` NULL: zeros. */
unsigned stage_play(struct stage *s, unsigned stream, const void *pcm, uint32_t bytes);
unsigned stage_record(struct stage *s, unsigned stream, uint32_t bytes);
void stage_kick(struct stage *s, unsigned queue);
/* A chain of readable and writable bytes (0: none) on that queue. */
unsigned stage_offer(struct stage *s, unsigned queue, const void *from, uint32_t readable,
                     uint32_t writable);
/* The next chain that came back, -1: none; *written: as the device says. */
int stage_back(struct stage *s, unsigned queue, uint32_t *written);
/* Where the guest reads what came back in a chain's writable part. */
const uint8_t *stage_answer(const struct stage *s, unsigned queue, unsigned chain);
/* Status of a tx buffer, of an rx buffer of that many bytes. */
struct vsnd_pcm_status stage_status(const struct stage *s, unsigned queue, unsigned chain,
                                    uint32_t bytes);

/* The back end takes what it can of `bytes` (into *to if told), or puts as much; bytes moved. */
uint32_t stage_take(struct stage *s, unsigned stream, uint32_t bytes, uint8_t *to);
uint32_t stage_put(struct stage *s, unsigned stream, const uint8_t *from, uint32_t bytes);
/* The same, and the device is not told yet. */
uint32_t stage_take_quietly(struct stage *s, unsigned stream, uint32_t bytes, uint8_t *to);
uint32_t stage_put_quietly(struct stage *s, unsigned stream, const uint8_t *from, uint32_t bytes);
void stage_progress(struct stage *s);

#endif
