/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the back end's side of the vhost-user protocol: one rule per message (sizes, descriptors),
 * one handler each. */
#include "backend_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define REPLIED 1 /* what a handler returns when the answer is in the message and is to be sent */

static uint64_t offered_features(const struct vu_device *dev)
{
    return dev->ops->features | VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX |
           VHOST_USER_F_PROTOCOL;
}

static uint64_t offered_protocol(const struct vu_device *dev)
{
    uint64_t p = VHU_PROTOCOL_MQ | VHU_PROTOCOL_REPLY_ACK | VHU_PROTOCOL_BACKEND_REQ |
                 VHU_PROTOCOL_RESET_DEVICE | VHU_PROTOCOL_MEM_SLOTS;

    return dev->ops->get_config ? p | VHU_PROTOCOL_CONFIG : p;
}

static int answer_u64(struct vhu_message *m, uint64_t value)
{
    m->body.u64 = value;
    m->header.bytes = sizeof(value);
    return REPLIED;
}

static struct vu_queue *queue_of(struct vu_device *dev, uint64_t index)
{
    return index < dev->ops->queues ? &dev->queue[index] : NULL;
}

static int get_features(struct vu_device *dev, struct vhu_message *m)
{
    return answer_u64(m, offered_features(dev));
}

static int set_features(struct vu_device *dev, struct vhu_message *m)
{
    if (m->body.u64 & ~offered_features(dev))
        return -ENOTSUP;
    dev->features = m->body.u64;
    if (dev->ops->negotiated)
        dev->ops->negotiated(dev);
    return 0;
}

static int nothing(struct vu_device *dev, struct vhu_message *m)
{
    (void)dev;
    (void)m;
    return 0;
}

static int get_protocol(struct vu_device *dev, struct vhu_message *m)
{
    return answer_u64(m, offered_protocol(dev));
}

static int set_protocol(struct vu_device *dev, struct vhu_message *m)
{
    if (m->body.u64 & ~offered_protocol(dev))
        return -ENOTSUP;
    dev->protocol = m->body.u64;
    return 0;
}

static int get_queue_num(struct vu_device *dev, struct vhu_message *m)
{
    return answer_u64(m, dev->ops->queues);
}

static int get_max_slots(struct vu_device *dev, struct vhu_message *m)
{
    (void)dev;
    return answer_u64(m, VQ_MEM_MAX);
}

/* Maps one region; the descriptor stays the caller's. */
static int map_region(struct vu_device *dev, const struct vhu_region *r, int fd)
{
    struct stat st;
    struct statfs fs;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), start, bytes;
    void *base;
    int rc;

    if (fd < 0 || dev->mappings == VQ_MEM_MAX || r->bytes == 0 || r->offset + r->bytes < r->offset)
        return -EINVAL;
    if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0)
        return -errno;
    if (S_ISREG(st.st_mode) && r->offset + r->bytes > (uint64_t)st.st_size)
        return -EINVAL;
    if (fs.f_type == HUGETLBFS_MAGIC)
        page = (uint64_t)fs.f_bsize;
    start = r->offset & ~(page - 1);
    if (r->offset + r->bytes > UINT64_MAX - page)
        return -EINVAL;
    bytes = (r->offset - start + r->bytes + page - 1) & ~(page - 1);
    base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)start);
    if (base == MAP_FAILED)
        return -errno;
    rc = vq_mem_add(&dev->mem, r->gpa, r->bytes, r->uva, (uint8_t *)base + (r->offset - start));
    if (rc < 0) {
        munmap(base, bytes);
        return rc;
    }
    (void)madvise(base, bytes, MADV_DONTDUMP);
    dev->mapping[dev->mappings++] = (struct vu_mapping){base, bytes, r->gpa};
    return 0;
}

/* The memory map has changed: running queues look up their rings again; one that finds them no more
 * is broken. */
static void memory_changed(struct vu_device *dev)
{
    for (unsigned i = 0; i < dev->ops->queues; i++) {
        struct vu_queue *q = &dev->queue[i];
        bool broken = q->vq.broken;

        if (!q->running)
            continue;
        q->base = q->vq.last_avail;
        if (!vu_queue_translate(q)) {
            virtq_stop(&q->vq);
            broken = true;
        }
        q->vq.broken = broken;
    }
    if (dev->ops->memory_changed)
        dev->ops->memory_changed(dev);
}

static int set_mem_table(struct vu_device *dev, struct vhu_message *m)
{
    const struct vhu_mem_table *t = &m->body.table;
    int rc = 0;

    if (t->count > VHU_MAX_TABLE || m->fds != t->count ||
        m->header.bytes < offsetof(struct vhu_mem_table, region) + t->count * sizeof(t->region[0]))
        return -EPROTO;
    vu_memory_clear(dev);
    for (uint32_t i = 0; i < t->count && rc == 0; i++)
        rc = map_region(dev, &t->region[i], m->fd[i]);
    if (rc < 0)
        vu_memory_clear(dev);
    memory_changed(dev);
    return rc;
}

static int add_region(struct vu_device *dev, struct vhu_message *m)
{
    int rc = m->fds == 1 ? map_region(dev, &m->body.one.region, m->fd[0]) : -EPROTO;

    if (rc == 0)
        memory_changed(dev);
    return rc;
}

static int remove_region(struct vu_device *dev, struct vhu_message *m)
{
    const struct vhu_region *r = &m->body.one.region;

    /* vq_mem and mapping are filled and emptied together, so one index serves both */
    for (unsigned i = 0; i < dev->mappings; i++) {
        const struct vq_region *have = &dev->mem.region[i];

        if (have->gpa != r->gpa || have->bytes != r->bytes || have->uva != r->uva)
            continue;
        munmap(dev->mapping[i].base, dev->mapping[i].bytes);
        dev->mapping[i] = dev->mapping[--dev->mappings];
        dev->mem.region[i] = dev->mem.region[--dev->mem.count];
        memory_changed(dev);
        return 0;
    }
    return -ENOENT;
}

static int set_vring_num(struct vu_device *dev, struct vhu_message *m)
{
    struct vu_queue *q = queue_of(dev, m->body.state.index);
    uint32_t n = m->body.state.value;

    if (!q || q->running || n == 0 || n > VQ_SIZE_MAX || (n & (n - 1)))
        return -EINVAL;
    q->size = n;
    return 0;
}

static int set_vring_addr(struct vu_device *dev, struct vhu_message *m)
{
    struct vu_queue *q = queue_of(dev, m->body.addr.index);

    if (!q || q->running)
        return -EINVAL;
    q->addr = m->body.addr;
    q->addr_set = true;
    return vu_queue_update(q);
}

static int set_vring_base(struct vu_device *dev, struct vhu_message *m)
{
    struct vu_queue *q = queue_of(dev, m->body.state.index);

    if (!q || q->running || m->body.state.value > UINT16_MAX)
        return -EINVAL;
    q->base = (uint16_t)m->body.state.value;
    return 0;
}

static int get_vring_base(struct vu_device *dev, struct vhu_message *m)
{
    struct vu_queue *q = queue_of(dev, m->body.state.index);

    if (!q)
        return -EINVAL;
    vu_queue_stop(q);
    m->body.state.value = q->base;
    return REPLIED;
}

/* The descriptor of a SET_VRING_{KICK,CALL,ERR}, taken out of the message; *fd = -1 when the
 * message says it has none. */
static struct vu_queue *queue_fd(struct vu_device *dev, struct vhu_message *m, int *fd)
{
    bool none = m->body.u64 & VHU_VRING_NO_FD;

    if (m->body.u64 & ~(uint64_t)(VHU_VRING_INDEX_MASK | VHU_VRING_NO_FD) ||
        m->fds != (none ? 0 : 1))
        return NULL;
    if (!queue_of(dev, m->body.u64 & VHU_VRING_INDEX_MASK))
        return NULL;
    *fd = vhu_take_fd(m);
    if (*fd >= 0)
        (void)fcntl(*fd, F_SETFL, O_NONBLOCK); /* an event that is full or empty must not stop us */
    return queue_of(dev, m->body.u64 & VHU_VRING_INDEX_MASK);
}

static int set_vring_kick(struct vu_device *dev, struct vhu_message *m)
{
    int fd;
    struct vu_queue *q = queue_fd(dev, m, &fd);

    if (!q)
        return -EINVAL;
    vu_queue_kick_fd(q, fd);
    q->kicked = true;
    if (!(dev->features & VHOST_USER_F_PROTOCOL))
        q->enabled = true;
    return vu_queue_update(q);
}

static void replace_fd(int *old, int fd)
{
    if (*old >= 0)
        close(*old);
    *old = fd;
}

static int set_vring_call(struct vu_device *dev, struct vhu_message *m)
{
    int fd;
    struct vu_queue *q = queue_fd(dev, m, &fd);

    if (!q)
        return -EINVAL;
    replace_fd(&q->call_fd, fd);
    return 0;
}

static int set_vring_err(struct vu_device *dev, struct vhu_message *m)
{
    int fd;
    struct vu_queue *q = queue_fd(dev, m, &fd);

    if (!q)
        return -EINVAL;
    replace_fd(&q->err_fd, fd);
    return 0;
}

static int set_vring_enable(struct vu_device *dev, struct vhu_message *m)
{
    struct vu_queue *q = queue_of(dev, m->body.state.index);

    if (!q || m->body.state.value > 1)
        return -EINVAL;
    q->enabled = m->body.state.value;
    return vu_queue_update(q);
}

static int set_backend_fd(struct vu_device *dev, struct vhu_message *m)
{
    if (m->fds != 1)
        return -EPROTO;
    replace_fd(&dev->backend_fd, vhu_take_fd(m));
    return 0;
}

static int get_config(struct vu_device *dev, struct vhu_message *m)
{
    struct vhu_config *c = &m->body.config;

    if (c->bytes > VHU_MAX_CONFIG || m->header.bytes > VHU_CONFIG_HEADER + VHU_MAX_CONFIG)
        return -EPROTO;
    memset(c->data, 0, sizeof(c->data));
    m->header.bytes = VHU_CONFIG_HEADER + c->bytes;
    /* the protocol's way of saying no is an answer without payload */
    if (!dev->ops->get_config || dev->ops->get_config(dev, c->offset, c->bytes, c->data) < 0)
        m->header.bytes = 0;
    return REPLIED;
}

static int set_config(struct vu_device *dev, struct vhu_message *m)
{
    const struct vhu_config *c = &m->body.config;

    if (c->bytes > VHU_MAX_CONFIG || m->header.bytes < VHU_CONFIG_HEADER + c->bytes)
        return -EPROTO;
    return dev->ops->set_config ? dev->ops->set_config(dev, c->offset, c->bytes, c->data)
                                : -ENOTSUP;
}

static int gpu_set_socket(struct vu_device *dev, struct vhu_message *m)
{
    if (m->fds != 1)
        return -EPROTO;
    return dev->ops->gpu_socket ? dev->ops->gpu_socket(dev, vhu_take_fd(m)) : -ENOTSUP;
}

static int reset_device(struct vu_device *dev, struct vhu_message *m)
{
    (void)m;
    for (unsigned i = 0; i < dev->ops->queues; i++) {
        vu_queue_stop(&dev->queue[i]);
        dev->queue[i].enabled = false;
    }
    if (dev->ops->reset)
        dev->ops->reset(dev);
    return 0;
}

struct rule {
    int (*handle)(struct vu_device *dev, struct vhu_message *m); /* 0, REPLIED or -errno */
    uint16_t min, max;                                           /* bytes of payload */
    uint8_t fds;                                                 /* most descriptors it may carry */
};

#define CONFIG_MAX (VHU_CONFIG_HEADER + VHU_MAX_CONFIG)

static const struct rule rules[VHU_REQUESTS] = {
    [VHU_GET_FEATURES] = {get_features, 0, 8, 0},
    [VHU_SET_FEATURES] = {set_features, 8, 8, 0},
    [VHU_SET_OWNER] = {nothing, 0, 8, 0},
    [VHU_RESET_OWNER] = {nothing, 0, 8, 0},
    [VHU_SET_MEM_TABLE] = {set_mem_table, 8, sizeof(struct vhu_mem_table), VHU_MAX_TABLE},
    [VHU_SET_VRING_NUM] = {set_vring_num, 8, 8, 0},
    [VHU_SET_VRING_ADDR] = {set_vring_addr, 40, 40, 0},
    [VHU_SET_VRING_BASE] = {set_vring_base, 8, 8, 0},
    [VHU_GET_VRING_BASE] = {get_vring_base, 8, 8, 0},
    [VHU_SET_VRING_KICK] = {set_vring_kick, 8, 8, 1},
    [VHU_SET_VRING_CALL] = {set_vring_call, 8, 8, 1},
    [VHU_SET_VRING_ERR] = {set_vring_err, 8, 8, 1},
    [VHU_GET_PROTOCOL_FEATURES] = {get_protocol, 0, 8, 0},
    [VHU_SET_PROTOCOL_FEATURES] = {set_protocol, 8, 8, 0},
    [VHU_GET_QUEUE_NUM] = {get_queue_num, 0, 8, 0},
    [VHU_SET_VRING_ENABLE] = {set_vring_enable, 8, 8, 0},
    [VHU_SET_BACKEND_REQ_FD] = {set_backend_fd, 0, 8, 1},
    [VHU_GET_CONFIG] = {get_config, VHU_CONFIG_HEADER, CONFIG_MAX, 0},
    [VHU_SET_CONFIG] = {set_config, VHU_CONFIG_HEADER, CONFIG_MAX, 0},
    [VHU_GPU_SET_SOCKET] = {gpu_set_socket, 0, 8, 1},
    [VHU_RESET_DEVICE] = {reset_device, 0, 8, 0},
    [VHU_GET_MAX_MEM_SLOTS] = {get_max_slots, 0, 8, 0},
    [VHU_ADD_MEM_REG] = {add_region, 40, 40, 1},
    [VHU_REM_MEM_REG] = {remove_region, 40, 40, 1},
};

int vu_handle(struct vu_device *dev, struct vhu_message *m)
{
    const struct rule *rule = m->header.request < VHU_REQUESTS ? &rules[m->header.request] : NULL;
    bool ack = (m->header.flags & VHU_FLAG_NEED_REPLY) && (dev->protocol & VHU_PROTOCOL_REPLY_ACK);
    int rc;

    if ((m->header.flags & VHU_FLAG_VERSION_MASK) != VHU_FLAG_VERSION ||
        (m->header.flags & VHU_FLAG_REPLY)) {
        vu_complain(dev, "message of another version");
        return -EPROTO;
    }
    if (!rule || !rule->handle)
        rc = -ENOTSUP;
    else if (m->header.bytes < rule->min || m->header.bytes > rule->max || m->fds > rule->fds)
        rc = -EPROTO;
    else
        rc = rule->handle(dev, m);
    if (rc < 0)
        vu_complain(dev, rc == -ENOTSUP ? "message or feature not offered" : "message refused");
    if (rc != REPLIED && !ack)
        return rc; /* without an answer the other side would think it had worked: the connection
                      ends */
    if (rc != REPLIED)
        (void)answer_u64(m, rc < 0);
    vhu_close_fds(m);
    m->header.flags = VHU_FLAG_VERSION | VHU_FLAG_REPLY;
    return vhu_send(dev->peer.fd, m);
}
