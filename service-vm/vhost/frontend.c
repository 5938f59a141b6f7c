/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the front end's side of a vhost-user connection. */
#include "vhost/frontend.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define WANTED                                                                                     \
    (VHU_PROTOCOL_MQ | VHU_PROTOCOL_REPLY_ACK | VHU_PROTOCOL_BACKEND_REQ | VHU_PROTOCOL_CONFIG |   \
     VHU_PROTOCOL_RESET_DEVICE)

static struct vhu_message message(uint32_t request, uint32_t bytes)
{
    return (struct vhu_message){.header = {request, VHU_FLAG_VERSION, bytes}};
}

/* Waits for the answer to m->header.request, which replaces m. */
static int answer(struct vhf *f, struct vhu_message *m)
{
    struct vhu_rx rx = {.have = 0};
    uint32_t request = m->header.request;
    int rc = 0;

    while (rc == 0)
        rc = vhu_receive(f->fd, &rx, 0);
    if (rc < 0)
        goto out;
    rc = 0;
    if (rx.m.header.request != request || !(rx.m.header.flags & VHU_FLAG_REPLY))
        rc = -EPROTO;
    m->header = rx.m.header;
    m->body = rx.m.body;
out:
    vhu_rx_done(&rx); /* no answer of ours carries descriptors */
    return rc;
}

static int ask(struct vhf *f, struct vhu_message *m)
{
    int rc = vhu_send(f->fd, m);

    return rc < 0 ? rc : answer(f, m);
}

static int ask_u64(struct vhf *f, uint32_t request, uint64_t *value)
{
    struct vhu_message m = message(request, 0);
    int rc = ask(f, &m);

    if (rc == 0 && m.header.bytes != sizeof(*value))
        rc = -EPROTO;
    *value = rc == 0 ? m.body.u64 : 0;
    return rc;
}

/* Sends m and, where the back end can, waits until it has done it. */
static int tell(struct vhf *f, struct vhu_message *m)
{
    int rc;

    if (!(f->protocol & VHU_PROTOCOL_REPLY_ACK))
        return vhu_send(f->fd, m);
    m->header.flags |= VHU_FLAG_NEED_REPLY;
    rc = ask(f, m);
    if (rc == 0 && (m->header.bytes != 8 || m->body.u64 != 0))
        rc = -EREMOTEIO;
    return rc;
}

static int tell_u64(struct vhf *f, uint32_t request, uint64_t value)
{
    struct vhu_message m = message(request, sizeof(value));

    m.body.u64 = value;
    return tell(f, &m);
}

static int tell_state(struct vhf *f, uint32_t request, uint32_t index, uint32_t value)
{
    struct vhu_message m = message(request, sizeof(m.body.state));

    m.body.state = (struct vhu_vring_state){index, value};
    return tell(f, &m);
}

static int tell_fd(struct vhf *f, uint32_t request, uint32_t index, int fd)
{
    struct vhu_message m = message(request, sizeof(uint64_t));

    m.body.u64 = fd < 0 ? index | VHU_VRING_NO_FD : index;
    if (fd >= 0)
        m.fd[m.fds++] = fd;
    return tell(f, &m);
}

static int open_backend_channel(struct vhf *f)
{
    struct vhu_message m = message(VHU_SET_BACKEND_REQ_FD, 0);
    int pair[2], rc;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    m.fd[m.fds++] = pair[1];
    rc = tell(f, &m);
    close(pair[1]);
    if (rc < 0)
        close(pair[0]);
    else
        f->backend_fd = pair[0];
    return rc;
}

static int negotiate(struct vhf *f)
{
    uint64_t n = 0;
    struct vhu_message owner = message(VHU_SET_OWNER, 0);
    int rc = ask_u64(f, VHU_GET_FEATURES, &f->features);

    if (rc < 0)
        return rc;
    f->has_protocol = f->features & VHOST_USER_F_PROTOCOL;
    f->features &= ~VHOST_USER_F_PROTOCOL;
    if (f->has_protocol) {
        rc = ask_u64(f, VHU_GET_PROTOCOL_FEATURES, &n);
        if (rc == 0)
            rc = tell_u64(f, VHU_SET_PROTOCOL_FEATURES, n & WANTED);
        if (rc < 0)
            return rc;
        f->protocol = n & WANTED;
    }
    rc = tell(f, &owner);
    if (rc == 0 && (f->protocol & VHU_PROTOCOL_MQ)) {
        rc = ask_u64(f, VHU_GET_QUEUE_NUM, &n);
        f->queues = n > UINT8_MAX ? UINT8_MAX : (uint32_t)n;
    }
    if (rc == 0 && (f->protocol & VHU_PROTOCOL_BACKEND_REQ))
        rc = open_backend_channel(f);
    return rc;
}

int vhf_attach(struct vhf *f, int fd, int timeout_ms)
{
    struct timeval t = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
    int rc;

    *f = (struct vhf){.fd = fd, .backend_fd = -1};
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)) < 0)
        rc = -errno;
    else
        rc = negotiate(f);
    if (rc < 0)
        vhf_finish(f);
    return rc;
}

int vhf_connect(struct vhf *f, const char *path, int timeout_ms)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd;

    *f = (struct vhf){.fd = -1, .backend_fd = -1};
    if (strlen(path) >= sizeof(a.sun_path))
        return -ENAMETOOLONG;
    memcpy(a.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
        int rc = -errno;

        close(fd);
        return rc;
    }
    return vhf_attach(f, fd, timeout_ms);
}

void vhf_finish(struct vhf *f)
{
    if (f->fd >= 0)
        close(f->fd);
    if (f->backend_fd >= 0)
        close(f->backend_fd);
    f->fd = f->backend_fd = -1;
}

int vhf_set_features(struct vhf *f, uint64_t features)
{
    return tell_u64(f, VHU_SET_FEATURES, features | (f->has_protocol ? VHOST_USER_F_PROTOCOL : 0));
}

int vhf_set_memory(struct vhf *f, const struct vhf_memory *memory, unsigned count)
{
    struct vhu_message m = message(VHU_SET_MEM_TABLE, 0);

    if (count > VHU_MAX_TABLE)
        return -E2BIG;
    m.header.bytes =
        (uint32_t)(offsetof(struct vhu_mem_table, region) + count * sizeof(struct vhu_region));
    m.body.table.count = count;
    for (unsigned i = 0; i < count; i++) {
        m.body.table.region[i] = memory[i].region;
        m.fd[m.fds++] = memory[i].fd;
    }
    return tell(f, &m);
}

int vhf_start_queue(struct vhf *f, const struct vhf_queue *q)
{
    struct vhu_message m = message(VHU_SET_VRING_ADDR, sizeof(m.body.addr));
    int rc = tell_state(f, VHU_SET_VRING_NUM, q->index, q->size);

    if (rc == 0)
        rc = tell_state(f, VHU_SET_VRING_BASE, q->index, q->base);
    if (rc == 0) {
        m.body.addr = (struct vhu_vring_addr){
            .index = q->index, .desc = q->desc, .used = q->used, .avail = q->avail};
        rc = tell(f, &m);
    }
    if (rc == 0)
        rc = tell_fd(f, VHU_SET_VRING_CALL, q->index, q->call_fd);
    if (rc == 0)
        rc = tell_fd(f, VHU_SET_VRING_ERR, q->index, q->err_fd);
    if (rc == 0)
        rc = tell_fd(f, VHU_SET_VRING_KICK, q->index, q->kick_fd);
    if (rc == 0 && f->has_protocol)
        rc = tell_state(f, VHU_SET_VRING_ENABLE, q->index, 1);
    return rc;
}

int vhf_stop_queue(struct vhf *f, uint32_t index, uint16_t *base)
{
    struct vhu_message m = message(VHU_GET_VRING_BASE, sizeof(m.body.state));
    int rc;

    m.body.state = (struct vhu_vring_state){index, 0};
    rc = ask(f, &m);
    if (rc == 0 && (m.header.bytes != sizeof(m.body.state) || m.body.state.value > UINT16_MAX))
        rc = -EPROTO;
    if (rc == 0)
        *base = (uint16_t)m.body.state.value;
    return rc;
}

int vhf_reset(struct vhf *f)
{
    struct vhu_message m = message(VHU_RESET_DEVICE, 0);

    return f->protocol & VHU_PROTOCOL_RESET_DEVICE ? tell(f, &m) : -ENOTSUP;
}

int vhf_get_config(struct vhf *f, uint32_t offset, uint32_t bytes, void *to)
{
    struct vhu_message m = message(VHU_GET_CONFIG, VHU_CONFIG_HEADER + bytes);
    int rc;

    if (!(f->protocol & VHU_PROTOCOL_CONFIG))
        return -ENOTSUP;
    if (bytes > VHU_MAX_CONFIG)
        return -EINVAL;
    m.body.config.offset = offset;
    m.body.config.bytes = bytes;
    rc = ask(f, &m);
    if (rc == 0 && m.header.bytes != VHU_CONFIG_HEADER + bytes)
        rc = m.header.bytes == 0 ? -EREMOTEIO : -EPROTO;
    if (rc == 0)
        memcpy(to, m.body.config.data, bytes);
    return rc;
}

int vhf_set_config(struct vhf *f, uint32_t offset, uint32_t bytes, const void *from)
{
    struct vhu_message m = message(VHU_SET_CONFIG, VHU_CONFIG_HEADER + bytes);

    if (!(f->protocol & VHU_PROTOCOL_CONFIG))
        return -ENOTSUP;
    if (bytes > VHU_MAX_CONFIG)
        return -EINVAL;
    m.body.config.offset = offset;
    m.body.config.bytes = bytes;
    memcpy(m.body.config.data, from, bytes);
    return tell(f, &m);
}

int vhf_set_gpu_socket(struct vhf *f, int fd)
{
    struct vhu_message m = message(VHU_GPU_SET_SOCKET, 0);

    m.fd[m.fds++] = fd;
    return tell(f, &m);
}

int vhf_backend(struct vhf *f)
{
    struct vhu_rx rx = {.have = 0};
    int rc = 0, interesting;

    rc = vhu_receive(f->backend_fd, &rx, MSG_DONTWAIT);
    if (rc ==
        0) /* half a message: the rest is on its way, and a back end that stops there is broken */
        rc = -EPROTO;
    interesting = rc == 1 && rx.m.header.request == VHU_BACKEND_CONFIG_CHANGE;
    if (rc == 1 && (rx.m.header.flags & VHU_FLAG_NEED_REPLY)) {
        struct vhu_message m = message(rx.m.header.request, 8);

        m.header.flags |= VHU_FLAG_REPLY;
        m.body.u64 = !interesting;
        rc = vhu_send(f->backend_fd, &m);
    }
    vhu_rx_done(&rx);
    return rc < 0 ? rc : interesting;
}
