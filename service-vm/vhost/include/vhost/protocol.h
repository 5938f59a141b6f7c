/* SPDX-License-Identifier: BSD-3-Clause */
/* The vhost-user wire format: message numbers, feature bits and payloads, as the interop
 * specification defines them. */
#ifndef VHOST_PROTOCOL_H
#define VHOST_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

#define VIRTIO_F_NOTIFY_ON_EMPTY (1ull << 24)
#define VIRTIO_F_INDIRECT_DESC   (1ull << 28)
#define VIRTIO_F_EVENT_IDX       (1ull << 29)
#define VHOST_USER_F_PROTOCOL    (1ull << 30) /* in the feature word, never shown to a guest */
#define VIRTIO_F_VERSION_1       (1ull << 32)
#define VIRTIO_F_ACCESS_PLATFORM (1ull << 33)
#define VIRTIO_F_RING_RESET      (1ull << 40)

#define VHU_PROTOCOL_MQ           (1ull << 0)
#define VHU_PROTOCOL_REPLY_ACK    (1ull << 3)
#define VHU_PROTOCOL_BACKEND_REQ  (1ull << 5)
#define VHU_PROTOCOL_CONFIG       (1ull << 9)
#define VHU_PROTOCOL_BACKEND_FD   (1ull << 10)
#define VHU_PROTOCOL_INFLIGHT     (1ull << 12)
#define VHU_PROTOCOL_RESET_DEVICE (1ull << 13)
#define VHU_PROTOCOL_MEM_SLOTS    (1ull << 15)

enum vhu_request { /* front end to back end */
                   VHU_GET_FEATURES = 1,
                   VHU_SET_FEATURES = 2,
                   VHU_SET_OWNER = 3,
                   VHU_RESET_OWNER = 4,
                   VHU_SET_MEM_TABLE = 5,
                   VHU_SET_VRING_NUM = 8,
                   VHU_SET_VRING_ADDR = 9,
                   VHU_SET_VRING_BASE = 10,
                   VHU_GET_VRING_BASE = 11,
                   VHU_SET_VRING_KICK = 12,
                   VHU_SET_VRING_CALL = 13,
                   VHU_SET_VRING_ERR = 14,
                   VHU_GET_PROTOCOL_FEATURES = 15,
                   VHU_SET_PROTOCOL_FEATURES = 16,
                   VHU_GET_QUEUE_NUM = 17,
                   VHU_SET_VRING_ENABLE = 18,
                   VHU_SET_BACKEND_REQ_FD = 21,
                   VHU_GET_CONFIG = 24,
                   VHU_SET_CONFIG = 25,
                   VHU_GET_INFLIGHT_FD = 31,
                   VHU_SET_INFLIGHT_FD = 32,
                   VHU_GPU_SET_SOCKET = 33,
                   VHU_RESET_DEVICE = 34,
                   VHU_GET_MAX_MEM_SLOTS = 36,
                   VHU_ADD_MEM_REG = 37,
                   VHU_REM_MEM_REG = 38,
                   VHU_REQUESTS = 39,
};

enum vhu_backend_request { /* back end to front end, on the channel of SET_BACKEND_REQ_FD */
                           VHU_BACKEND_CONFIG_CHANGE = 2,
};

#define VHU_FLAG_VERSION      1u
#define VHU_FLAG_VERSION_MASK 3u
#define VHU_FLAG_REPLY        4u
#define VHU_FLAG_NEED_REPLY   8u

#define VHU_VRING_INDEX_MASK 0xFFu
#define VHU_VRING_NO_FD      0x100u

#define VHU_MAX_FDS    8
#define VHU_MAX_TABLE  8   /* regions of SET_MEM_TABLE */
#define VHU_MAX_CONFIG 256 /* bytes of configuration space in one message */

struct vhu_vring_state {
    uint32_t index, value;
};

struct vhu_vring_addr {
    uint32_t index, flags;
    uint64_t desc, used, avail, log; /* front end's virtual addresses */
};

struct vhu_region {
    uint64_t gpa, bytes, uva, offset;
};

struct vhu_mem_table {
    uint32_t count, padding;
    struct vhu_region region[VHU_MAX_TABLE];
};

struct vhu_one_region {
    uint64_t padding;
    struct vhu_region region;
};

struct vhu_config {
    uint32_t offset, bytes, flags;
    uint8_t data[VHU_MAX_CONFIG];
};
#define VHU_CONFIG_HEADER 12u

struct vhu_inflight {
    uint64_t bytes, offset;
    uint16_t queues, queue_size;
    uint32_t padding; /* 20 bytes on the wire */
};
#define VHU_INFLIGHT_WIRE 20u

struct vhu_header {
    uint32_t request, flags, bytes; /* bytes: of the payload */
};
_Static_assert(sizeof(struct vhu_header) == 12, "vhost-user header");
_Static_assert(sizeof(struct vhu_vring_addr) == 40, "vhost-user vring address");
_Static_assert(sizeof(struct vhu_mem_table) == 8 + 32 * VHU_MAX_TABLE, "vhost-user memory table");
_Static_assert(offsetof(struct vhu_config, data) == VHU_CONFIG_HEADER, "vhost-user configuration");

struct vhu_message {
    struct vhu_header header;
    union {
        uint64_t u64;
        struct vhu_vring_state state;
        struct vhu_vring_addr addr;
        struct vhu_mem_table table;
        struct vhu_one_region one;
        struct vhu_config config;
        struct vhu_inflight inflight;
        uint8_t raw[280];
    } body;
    int fd[VHU_MAX_FDS]; /* owned by whoever holds the message; -1 = taken */
    unsigned fds;
};

/* Sends header, payload of header.bytes bytes and `fds` descriptors in one message; 0 or -errno.
 * The fds stay the caller's. */
int vhu_send(int socket, const struct vhu_message *m) __attribute__((warn_unused_result));

/* Closes what is left of the descriptors in m. */
void vhu_close_fds(struct vhu_message *m);

/* Takes descriptor 0 out of m, -1 if there is none. */
int vhu_take_fd(struct vhu_message *m);

/* A message on its way in: filled by as many calls as the socket needs, so that a slow peer never
 * blocks its reader. */
struct vhu_rx {
    struct vhu_message m;
    size_t have; /* bytes of header + payload so far */
};

/*
 * Reads what is there without waiting (flags as in recv, e.g. MSG_DONTWAIT). 1: rx->m is complete,
 * call vhu_rx_done() after use; 0: more is needed; -EAGAIN: nothing there; -ECONNRESET: peer gone;
 * -EPROTO: payload or descriptors beyond the limits.
 */
int vhu_receive(int socket, struct vhu_rx *rx, int flags) __attribute__((warn_unused_result));
void vhu_rx_done(struct vhu_rx *rx);

#endif
