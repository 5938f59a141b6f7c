/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A mediator's place among those that share the physical GPU: a connection to the arbiter. Without
 * an arbiter, or while it is away, the guest goes on as if it were alone.
 */
#ifndef GVT_SERVER_TURNS_H
#define GVT_SERVER_TURNS_H

#include "core/schedule.h"
#include "core/vgpu.h"
#include "vhost/loop.h"

#define TURNS_NAME_BYTES 16u

/* What goes to and fro, one to a packet (SOCK_SEQPACKET). */
enum turns_kind {
    TURNS_HELLO = 1, /* to the arbiter; vm */
    TURNS_ASK,       /* the guest has work for the physical GPU */
    TURNS_ANSWER,    /* to a grant or a call: started, more */
    TURNS_DONE,      /* a piece has ended */
    TURNS_GRANT,     /* from the arbiter: `pieces` may be started, and an answer is waited for */
    TURNS_ALONE,     /* nobody needs to ask */
    TURNS_CALL,      /* ask from now on; an answer is waited for */
};

struct turns_message {
    uint32_t kind;
    uint32_t pieces;    /* granted or started */
    uint32_t more;      /* 1: there is work for another one */
    uint32_t in_flight; /* now, of the guest */
    char vm[TURNS_NAME_BYTES];
};

struct turns {
    struct vu_loop *loop;
    struct vgpu *gpu;
    const char *path, *vm;
    struct vu_source socket, timer; /* the timer: for the next try to connect */
    bool alone;                     /* no need to ask */
    bool using;                     /* a grant is being used */
    bool wants;                     /* has asked, or will with the answer */
    uint32_t held;                  /* granted, and kept until there is room in flight */
    uint32_t credit, started, in_flight;
    uint64_t waits; /* how often the guest had to wait for its turn */
};

/* The gate of a vGPU: gpu->gate = &turns_gate, gpu->gate_data = t. path NULL: there is no arbiter.
 * Before the sandbox, or inside. 0 or -errno. */
int turns_init(struct turns *t, struct vu_loop *loop, struct vgpu *gpu, const char *path,
               const char *vm) __attribute__((warn_unused_result));
void turns_finish(struct turns *t);

extern const struct vgpu_gate turns_gate;

#endif
