/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the interface of SPA nodes (spa/node/node.h) to functions of ours. */
#include "node.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <spa/node/utils.h>
#include <spa/param/audio/format-utils.h>
#include <spa/param/buffers.h>
#include <spa/param/param.h>
#include <spa/pod/builder.h>
#include <spa/pod/filter.h>

enum { PARAM_ENUM, PARAM_FORMAT, PARAM_IO, PARAM_BUFFERS };

/* Without any, PipeWire's adapter would look into nothing. */
static struct spa_dict no_properties = {0};

static struct node_port *find_port(struct node *n, enum spa_direction direction, uint32_t id)
{
    if (direction == SPA_DIRECTION_INPUT)
        return id < n->inputs ? &n->port[id] : NULL;
    return id < n->outputs ? &n->port[n->inputs + id] : NULL;
}

static void tell_port(struct node *n, struct node_port *p, uint64_t changes)
{
    p->info.change_mask = changes;
    spa_node_emit_port_info(&n->hooks, p->direction, p->id, &p->info);
    p->info.change_mask = 0;
}

static int add_listener(void *object, struct spa_hook *listener,
                        const struct spa_node_events *events, void *data)
{
    struct node *n = object;
    struct spa_hook_list save;

    spa_hook_list_isolate(&n->hooks, &save, listener, events, data);
    n->info.change_mask = SPA_NODE_CHANGE_MASK_FLAGS | SPA_NODE_CHANGE_MASK_PROPS;
    spa_node_emit_info(&n->hooks, &n->info);
    n->info.change_mask = 0;
    for (uint32_t i = 0; i < n->inputs + n->outputs; i++)
        tell_port(n, &n->port[i],
                  SPA_PORT_CHANGE_MASK_FLAGS | SPA_PORT_CHANGE_MASK_PROPS |
                      SPA_PORT_CHANGE_MASK_PARAMS);
    spa_hook_list_join(&n->hooks, &save);
    return 0;
}

/* It never is a driver, nor does it hold buffers back. */
static int set_callbacks(void *object, const struct spa_node_callbacks *callbacks, void *data)
{
    (void)object;
    (void)callbacks;
    (void)data;
    return 0;
}

static int enum_params(void *object, int seq, uint32_t id, uint32_t start, uint32_t num,
                       const struct spa_pod *filter)
{
    (void)object;
    (void)seq;
    (void)id;
    (void)start;
    (void)num;
    (void)filter;
    return -ENOENT;
}

static int set_io(void *object, uint32_t id, void *data, size_t size)
{
    struct node *n = object;

    if (id == SPA_IO_Position)
        n->position = size >= sizeof(*n->position) ? data : NULL;
    return 0;
}

static int send_command(void *object, const struct spa_command *command)
{
    (void)object;
    (void)command;
    return 0;
}

static struct spa_pod *build_format(const struct node_port *p, uint32_t id,
                                    struct spa_pod_builder *b)
{
    if (p->dsp)
        return spa_pod_builder_add_object(
            b, SPA_TYPE_OBJECT_Format, id, SPA_FORMAT_mediaType, SPA_POD_Id(SPA_MEDIA_TYPE_audio),
            SPA_FORMAT_mediaSubtype, SPA_POD_Id(SPA_MEDIA_SUBTYPE_dsp), SPA_FORMAT_AUDIO_format,
            SPA_POD_Id(SPA_AUDIO_FORMAT_DSP_F32));
    return spa_format_audio_raw_build(b, id, &p->raw);
}

static struct spa_pod *build_param(const struct node *n, const struct node_port *p, uint32_t id,
                                   struct spa_pod_builder *b)
{
    const int bytes = (int)(n->limit * p->stride);

    switch (id) {
    case SPA_PARAM_EnumFormat:
    case SPA_PARAM_Format:
        return build_format(p, id, b);
    case SPA_PARAM_Buffers:
        return spa_pod_builder_add_object(
            b, SPA_TYPE_OBJECT_ParamBuffers, id, SPA_PARAM_BUFFERS_buffers,
            SPA_POD_CHOICE_RANGE_Int(1, 1, NODE_BUFFERS), SPA_PARAM_BUFFERS_blocks, SPA_POD_Int(1),
            SPA_PARAM_BUFFERS_size, SPA_POD_CHOICE_RANGE_Int(bytes, bytes, INT32_MAX),
            SPA_PARAM_BUFFERS_stride, SPA_POD_Int((int)p->stride));
    case SPA_PARAM_IO:
        return spa_pod_builder_add_object(b, SPA_TYPE_OBJECT_ParamIO, id, SPA_PARAM_IO_id,
                                          SPA_POD_Id(SPA_IO_Buffers), SPA_PARAM_IO_size,
                                          SPA_POD_Int(sizeof(struct spa_io_buffers)));
    default:
        return NULL;
    }
}

/* Each of the lists has one entry. */
static int port_enum_params(void *object, int seq, enum spa_direction direction, uint32_t port,
                            uint32_t id, uint32_t start, uint32_t num, const struct spa_pod *filter)
{
    struct node *n = object;
    const struct node_port *p = find_port(n, direction, port);
    struct spa_result_node_params result = {.id = id, .index = 0, .next = 1};
    uint8_t space[1024];
    struct spa_pod_builder b;
    struct spa_pod *param;

    if (!p || !num)
        return -EINVAL;
    if ((id == SPA_PARAM_Format || id == SPA_PARAM_Buffers) && !p->configured)
        return -EIO;
    if (start)
        return 0;
    spa_pod_builder_init(&b, space, sizeof(space));
    param = build_param(n, p, id, &b);
    if (!param)
        return -ENOENT;
    if (spa_pod_filter(&b, &result.param, param, filter) < 0)
        return 0;
    spa_node_emit_result(&n->hooks, seq, 0, SPA_RESULT_TYPE_NODE_PARAMS, &result);
    return 0;
}

static bool same_format(const struct node_port *p, const struct spa_pod *format)
{
    struct spa_audio_info info = {0};

    if (spa_format_parse(format, &info.media_type, &info.media_subtype) < 0 ||
        info.media_type != SPA_MEDIA_TYPE_audio)
        return false;
    if (p->dsp)
        return info.media_subtype == SPA_MEDIA_SUBTYPE_dsp &&
               spa_format_audio_dsp_parse(format, &info.info.dsp) >= 0 &&
               info.info.dsp.format == SPA_AUDIO_FORMAT_DSP_F32;
    return info.media_subtype == SPA_MEDIA_SUBTYPE_raw &&
           spa_format_audio_raw_parse(format, &info.info.raw) >= 0 &&
           info.info.raw.format == p->raw.format && info.info.raw.rate == p->raw.rate &&
           info.info.raw.channels == p->raw.channels;
}

static int port_set_param(void *object, enum spa_direction direction, uint32_t port, uint32_t id,
                          uint32_t flags, const struct spa_pod *param)
{
    struct node *n = object;
    struct node_port *p = find_port(n, direction, port);

    (void)flags;
    if (!p)
        return -EINVAL;
    if (id != SPA_PARAM_Format)
        return -ENOENT;
    if (param && !same_format(p, param))
        return -EINVAL;
    p->configured = param != NULL;
    p->buffers = 0;
    p->params[PARAM_FORMAT] =
        SPA_PARAM_INFO(SPA_PARAM_Format, param ? SPA_PARAM_INFO_READWRITE : SPA_PARAM_INFO_WRITE);
    p->params[PARAM_BUFFERS] = SPA_PARAM_INFO(SPA_PARAM_Buffers, param ? SPA_PARAM_INFO_READ : 0);
    tell_port(n, p, SPA_PORT_CHANGE_MASK_PARAMS);
    return 0;
}

/* PipeWire takes the port out of the running graph before this, and puts it back after. */
static int port_use_buffers(void *object, enum spa_direction direction, uint32_t port,
                            uint32_t flags, struct spa_buffer **buffers, uint32_t count)
{
    struct node_port *p = find_port(object, direction, port);

    (void)flags;
    if (!p)
        return -EINVAL;
    if (count && !p->configured)
        return -EIO;
    if (count > NODE_BUFFERS)
        return -ENOSPC;
    p->buffers = 0;
    for (uint32_t i = 0; i < count; i++) {
        /* buffers on their way through a mixer of the graph's have their data given later */
        if (buffers[i]->n_datas < 1)
            return -EINVAL;
        p->buffer[i] = buffers[i];
    }
    p->buffers = count;
    return 0;
}

struct io_change {
    struct node_port *port;
    uint32_t id;
    void *data;
};

static int change_io(struct spa_loop *loop, bool async, uint32_t seq, const void *data, size_t size,
                     void *user)
{
    const struct io_change *c = data;

    (void)loop;
    (void)async;
    (void)seq;
    (void)size;
    (void)user;
    if (c->id == SPA_IO_Buffers)
        c->port->io = c->data;
    else
        c->port->match = c->data;
    return 0;
}

/* In the data thread, so that no quantum is using what is taken away. */
static int port_set_io(void *object, enum spa_direction direction, uint32_t port, uint32_t id,
                       void *data, size_t size)
{
    struct node *n = object;
    const struct io_change change = {find_port(n, direction, port), id, size ? data : NULL};

    if (!change.port)
        return -EINVAL;
    if (id != SPA_IO_Buffers && id != SPA_IO_RateMatch)
        return -ENOENT;
    return pw_loop_invoke(n->data_loop, change_io, 0, &change, sizeof(change), true, NULL);
}

static int port_reuse_buffer(void *object, uint32_t port, uint32_t buffer)
{
    (void)object;
    (void)port;
    (void)buffer;
    return 0;
}

static int process(void *object)
{
    const struct node *n = object;

    return n->process(n->data);
}

static const struct spa_node_methods methods = {
    SPA_VERSION_NODE_METHODS,
    .add_listener = add_listener,
    .set_callbacks = set_callbacks,
    .enum_params = enum_params,
    .set_io = set_io,
    .send_command = send_command,
    .port_enum_params = port_enum_params,
    .port_set_param = port_set_param,
    .port_use_buffers = port_use_buffers,
    .port_set_io = port_set_io,
    .port_reuse_buffer = port_reuse_buffer,
    .process = process,
};

static void init_port(struct node_port *p, uint32_t id)
{
    uint32_t items = 0;

    p->id = id;
    p->configured = false;
    p->io = NULL;
    p->match = NULL;
    p->buffers = 0;
    p->items[items++] = SPA_DICT_ITEM_INIT(PW_KEY_PORT_NAME, p->name);
    if (p->dsp) {
        p->items[items++] = SPA_DICT_ITEM_INIT(PW_KEY_FORMAT_DSP, "32 bit float mono audio");
        p->items[items++] = SPA_DICT_ITEM_INIT(PW_KEY_AUDIO_CHANNEL, p->channel);
    }
    p->dict = SPA_DICT_INIT(p->items, items);
    p->params[PARAM_ENUM] = SPA_PARAM_INFO(SPA_PARAM_EnumFormat, SPA_PARAM_INFO_READ);
    p->params[PARAM_FORMAT] = SPA_PARAM_INFO(SPA_PARAM_Format, SPA_PARAM_INFO_WRITE);
    p->params[PARAM_IO] = SPA_PARAM_INFO(SPA_PARAM_IO, SPA_PARAM_INFO_READ);
    p->params[PARAM_BUFFERS] = SPA_PARAM_INFO(SPA_PARAM_Buffers, 0);
    p->info = (struct spa_port_info){.flags = SPA_PORT_FLAG_NO_REF,
                                     .props = &p->dict,
                                     .params = p->params,
                                     .n_params = SPA_N_ELEMENTS(p->params)};
}

void node_init(struct node *n, struct pw_loop *data_loop, struct node_port *port, uint32_t inputs,
               uint32_t outputs, uint32_t limit, int (*run)(void *data), void *data)
{
    *n = (struct node){.data_loop = data_loop,
                       .port = port,
                       .inputs = inputs,
                       .outputs = outputs,
                       .limit = limit,
                       .process = run,
                       .data = data,
                       .info = {.max_input_ports = inputs,
                                .max_output_ports = outputs,
                                .flags = SPA_NODE_FLAG_RT,
                                .props = &no_properties}};
    n->spa.iface = SPA_INTERFACE_INIT(SPA_TYPE_INTERFACE_Node, SPA_VERSION_NODE, &methods, n);
    spa_hook_list_init(&n->hooks);
    for (uint32_t i = 0; i < inputs + outputs; i++)
        init_port(&port[i], i < inputs ? i : i - inputs);
}

void node_dsp_port(struct node_port *p, enum spa_direction direction, const char *what,
                   unsigned number)
{
    *p = (struct node_port){.direction = direction, .dsp = true, .stride = sizeof(float)};
    (void)snprintf(p->channel, sizeof(p->channel), "%s", number % 2 ? "FR" : "FL");
    (void)snprintf(p->name, sizeof(p->name), "%s%u_%s", what, number / 2, p->channel);
}

uint32_t node_quantum(const struct node *n)
{
    const uint64_t frames = n->position ? n->position->clock.duration : 0;

    return frames < n->limit ? (uint32_t)frames : n->limit;
}

const void *node_input(struct node_port *p, uint32_t *bytes)
{
    const struct spa_data *d;
    uint32_t offset;

    *bytes = 0;
    if (!p->io || p->io->status != SPA_STATUS_HAVE_DATA || p->io->buffer_id >= p->buffers)
        return NULL;
    d = &p->buffer[p->io->buffer_id]->datas[0];
    p->io->status = SPA_STATUS_NEED_DATA;
    if (!d->data)
        return NULL;
    offset = SPA_MIN(d->chunk->offset, d->maxsize);
    *bytes = SPA_MIN(d->chunk->size, d->maxsize - offset);
    return SPA_PTROFF(d->data, offset, const void);
}

void *node_output(struct node_port *p, uint32_t *bytes)
{
    struct spa_data *d;

    *bytes = 0;
    if (!p->io || !p->buffers || p->io->status == SPA_STATUS_HAVE_DATA)
        return NULL;
    d = &p->buffer[0]->datas[0];
    *bytes = d->data ? d->maxsize : 0;
    return d->data;
}

void node_put(struct node_port *p, uint32_t bytes)
{
    struct spa_chunk *c = p->buffer[0]->datas[0].chunk;

    c->offset = 0;
    c->size = bytes;
    c->stride = (int32_t)p->stride;
    c->flags = 0;
    p->io->buffer_id = 0;
    p->io->status = SPA_STATUS_HAVE_DATA;
}

float *node_samples(struct node_port *p, uint32_t frames)
{
    uint32_t bytes;
    float *to = node_output(p, &bytes);

    return bytes >= frames * sizeof(float) ? to : NULL;
}
