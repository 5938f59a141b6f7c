/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The virgl command stream, as Mesa's driver writes it (src/virtio/virtio-gpu/virgl_protocol.h):
 * what a guest may send, and the relocator, which puts the physical GPU's resource handles in place
 * of the guest's. Nothing is decoded beyond what that takes.
 *
 * A batch is a row of commands. Dword 0 of a command is its header: opcode in bits 7:0, object type
 * in 15:8, the number of dwords that follow in 31:16. Numbers of objects, sub-contexts and queries
 * are the context's own and pass as they are.
 */
#ifndef GVT_PROTO_VIRGL_H
#define GVT_PROTO_VIRGL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum virgl_opcode {
    VIRGL_OP_NOP,
    VIRGL_OP_CREATE_OBJECT, /* these three have an object type */
    VIRGL_OP_BIND_OBJECT,
    VIRGL_OP_DESTROY_OBJECT,
    VIRGL_OP_SET_VIEWPORT_STATE,
    VIRGL_OP_SET_FRAMEBUFFER_STATE,
    VIRGL_OP_SET_VERTEX_BUFFERS,
    VIRGL_OP_CLEAR,
    VIRGL_OP_DRAW_VBO,
    VIRGL_OP_RESOURCE_INLINE_WRITE,
    VIRGL_OP_SET_SAMPLER_VIEWS,
    VIRGL_OP_SET_INDEX_BUFFER,
    VIRGL_OP_SET_CONSTANT_BUFFER,
    VIRGL_OP_SET_STENCIL_REF,
    VIRGL_OP_SET_BLEND_COLOR,
    VIRGL_OP_SET_SCISSOR_STATE,
    VIRGL_OP_BLIT,
    VIRGL_OP_RESOURCE_COPY_REGION,
    VIRGL_OP_BIND_SAMPLER_STATES,
    VIRGL_OP_BEGIN_QUERY,
    VIRGL_OP_END_QUERY,
    VIRGL_OP_GET_QUERY_RESULT,
    VIRGL_OP_SET_POLYGON_STIPPLE,
    VIRGL_OP_SET_CLIP_STATE,
    VIRGL_OP_SET_SAMPLE_MASK,
    VIRGL_OP_SET_STREAMOUT_TARGETS,
    VIRGL_OP_SET_RENDER_CONDITION,
    VIRGL_OP_SET_UNIFORM_BUFFER,
    VIRGL_OP_SET_SUB_CTX,
    VIRGL_OP_CREATE_SUB_CTX,
    VIRGL_OP_DESTROY_SUB_CTX,
    VIRGL_OP_BIND_SHADER,
    VIRGL_OP_SET_TESS_STATE,
    VIRGL_OP_SET_MIN_SAMPLES,
    VIRGL_OP_SET_SHADER_BUFFERS,
    VIRGL_OP_SET_SHADER_IMAGES,
    VIRGL_OP_MEMORY_BARRIER,
    VIRGL_OP_LAUNCH_GRID,
    VIRGL_OP_SET_FRAMEBUFFER_STATE_NO_ATTACH,
    VIRGL_OP_TEXTURE_BARRIER,
    VIRGL_OP_SET_ATOMIC_BUFFERS,
    VIRGL_OP_SET_DEBUG_FLAGS,
    VIRGL_OP_GET_QUERY_RESULT_QBO,
    VIRGL_OP_TRANSFER3D,
    VIRGL_OP_END_TRANSFERS,
    VIRGL_OP_COPY_TRANSFER3D,
    VIRGL_OP_SET_TWEAKS,
    VIRGL_OP_CLEAR_TEXTURE,
    VIRGL_OP_PIPE_RESOURCE_CREATE,
    VIRGL_OP_PIPE_RESOURCE_SET_TYPE,
    VIRGL_OP_GET_MEMORY_INFO,
    VIRGL_OP_EMIT_STRING_MARKER,
    VIRGL_OP_LINK_SHADER,
    VIRGL_OP_CREATE_VIDEO_CODEC,
    VIRGL_OP_DESTROY_VIDEO_CODEC,
    VIRGL_OP_CREATE_VIDEO_BUFFER,
    VIRGL_OP_DESTROY_VIDEO_BUFFER,
    VIRGL_OP_BEGIN_FRAME,
    VIRGL_OP_DECODE_MACROBLOCK,
    VIRGL_OP_DECODE_BITSTREAM,
    VIRGL_OP_ENCODE_BITSTREAM,
    VIRGL_OP_END_FRAME,
    VIRGL_OP_CLEAR_SURFACE,
    VIRGL_OPCODES,
};

enum virgl_type { /* of an object */
                  VIRGL_TYPE_NULL,
                  VIRGL_TYPE_BLEND,
                  VIRGL_TYPE_RASTERIZER,
                  VIRGL_TYPE_DSA,
                  VIRGL_TYPE_SHADER,
                  VIRGL_TYPE_VERTEX_ELEMENTS,
                  VIRGL_TYPE_SAMPLER_VIEW,
                  VIRGL_TYPE_SAMPLER_STATE,
                  VIRGL_TYPE_SURFACE,
                  VIRGL_TYPE_QUERY,
                  VIRGL_TYPE_STREAMOUT_TARGET,
                  VIRGL_TYPE_MSAA_SURFACE,
                  VIRGL_TYPES,
};

/*
 * A header turned by 16 bits: the kind of command (type and opcode) above, the length below. So one
 * subtraction and one comparison tell whether the header is that of a rule and its length in
 * bounds.
 */
static inline uint32_t virgl_turned(uint32_t header)
{
    return header << 16 | header >> 16;
}

struct virgl_rule { /* one cache line */
    _Alignas(64) const char *name;
    const char *refused; /* why it never passes, or NULL */
    /* Whether the fields are such that length and handles mean what the rule says.
     * command[0 .. length] */
    bool (*check)(const uint32_t *command, uint32_t length);
    uint32_t from, span; /* turned headers that belong here: from .. from + span */
    /* What is left to look at when the header belongs here: nothing for most commands. */
    union {
        uint64_t special;
        struct {
            uint16_t holes; /* bit i: the least length + i is none, where span < 16 */
            uint8_t step;   /* lengths are whole steps above the least; 0: all are */
            /* Dwords with resource handles: first, first + stride, ... at most `count` of them and
             * as far as the command reaches; first 0: there are none. */
            uint8_t first, stride, count;
            bool none : 1;    /* handle 0 stands for "no resource" and stays */
            bool checked : 1; /* there is a check */
            bool noted : 1;   /* who keeps the resources has work with it */
        };
    };
};

#define VIRGL_COMMAND_ROWS 128
#define VIRGL_OBJECT_ROWS  64

/* By opcode, and by opcode and type for the three that have one; rows without a name are no
 * commands. */
extern const struct virgl_rule virgl_commands[VIRGL_COMMAND_ROWS];
extern const struct virgl_rule virgl_objects[VIRGL_OBJECT_ROWS];

/* Where virgl_objects has an opcode and a type. */
#define VIRGL_OBJECT_ROW(op, type) ((type) << 2 | (op))

/* The row for this header. It need not be the header's own: its bounds say that. */
static inline const struct virgl_rule *virgl_object_row(uint32_t header)
{
    return &virgl_objects[VIRGL_OBJECT_ROW(header & 3, header >> 8 & 15)];
}

/* The rule for commands with this header's opcode and type, NULL: there are none. */
const struct virgl_rule *virgl_rule(uint32_t header);

struct virgl_slot { /* guest 0: it is empty */
    uint32_t guest, physical;
};

/*
 * What a context has attached: a table with open addressing, of a power of two slots. Its owner
 * keeps one of them empty at least. `factor` is odd and nothing that a guest could guess: handles
 * are its choice, and with a known factor they could all begin at one slot.
 */
struct virgl_map {
    const struct virgl_slot *slot;
    uint32_t mask, shift; /* slots - 1, at least 1; 32 - log2(slots) */
    uint32_t factor;
};

/* Where the search for a handle begins. */
static inline size_t virgl_first_slot(const struct virgl_map *map, uint32_t guest)
{
    return (size_t)(guest * map->factor) >> map->shift;
}

/* The slot of a guest's handle, or the empty one where it would be. */
size_t virgl_slot_of(const struct virgl_map *map, uint32_t guest);

enum virgl_verdict {
    VIRGL_FINE,
    VIRGL_UNKNOWN, /* no such command */
    VIRGL_REFUSED, /* fault.command says which, fault.why why */
    VIRGL_CUT,     /* it goes on behind the batch's end */
    VIRGL_LENGTH,  /* not one of its lengths */
    VIRGL_FIELDS,  /* its check says no */
    VIRGL_FOREIGN, /* a handle of nothing that the context has attached */
    VIRGL_MANY,    /* more commands to note than there is room for */
};

struct virgl_fault {
    uint32_t at;    /* dword of the batch where the command starts */
    uint32_t dword; /* of the command: the foreign handle's; else 0 */
    const char *command, *why;
};

/* A command of a batch that has passed with which who keeps the resources has work: its dword and
 * the first two of the guest's handles (if it has so many), which the batch has no more. */
struct virgl_note {
    uint32_t at;
    uint32_t handle[2];
};

#define VIRGL_MAX_NOTES 8192u /* Mesa sends a batch at 16,384 dwords */

struct virgl_findings {
    struct virgl_fault fault; /* set when the batch does not pass */
    uint32_t notes;
    struct virgl_note note[VIRGL_MAX_NOTES];
};

/*
 * Checks a batch of `dwords` dwords, which the guest cannot reach any more, and replaces every
 * resource handle in it. On anything but VIRGL_FINE found->fault tells of the first fault and the
 * batch is spoilt: none of it may be sent. found->note: the commands of rules with `noted`, in
 * order.
 */
enum virgl_verdict virgl_relocate(uint32_t *batch, uint32_t dwords, const struct virgl_map *map,
                                  struct virgl_findings *found);

#endif
