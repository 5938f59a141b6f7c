/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sound device's words on the wire: VIRTIO 1.2 §5.14, and the control elements that VIRTIO 1.3
 * added to it (VSND_F_CTLS). Everything is little endian, as this machine is.
 */
#ifndef AUDIO_PROTO_VIRTIO_SND_H
#define AUDIO_PROTO_VIRTIO_SND_H

#include <stdint.h>

#include "binnacle/abi.h"

enum vsnd_queue { VSND_QUEUE_CONTROL, VSND_QUEUE_EVENT, VSND_QUEUE_TX, VSND_QUEUE_RX, VSND_QUEUES };

#define VSND_F_CTLS (1u << 0)

struct vsnd_config { /* §5.14.4 */
    uint32_t jacks, streams, chmaps;
    uint32_t controls; /* there with VSND_F_CTLS only */
};
BN_SIZE_IS(struct vsnd_config, 16);

enum vsnd_code { /* §5.14.6 */
                 VSND_R_JACK_INFO = 0x0001,
                 VSND_R_JACK_REMAP = 0x0002,
                 VSND_R_PCM_INFO = 0x0100,
                 VSND_R_PCM_SET_PARAMS = 0x0101,
                 VSND_R_PCM_PREPARE = 0x0102,
                 VSND_R_PCM_RELEASE = 0x0103,
                 VSND_R_PCM_START = 0x0104,
                 VSND_R_PCM_STOP = 0x0105,
                 VSND_R_CHMAP_INFO = 0x0200,
                 VSND_R_CTL_INFO = 0x0300,
                 VSND_R_CTL_ENUM_ITEMS = 0x0301,
                 VSND_R_CTL_READ = 0x0302,
                 VSND_R_CTL_WRITE = 0x0303,
                 VSND_R_CTL_TLV_READ = 0x0304,
                 VSND_R_CTL_TLV_WRITE = 0x0305,
                 VSND_R_CTL_TLV_COMMAND = 0x0306,
                 VSND_EVT_JACK_CONNECTED = 0x1000,
                 VSND_EVT_JACK_DISCONNECTED = 0x1001,
                 VSND_EVT_PCM_PERIOD_ELAPSED = 0x1100,
                 VSND_EVT_PCM_XRUN = 0x1101,
                 VSND_EVT_CTL_NOTIFY = 0x1200,
                 VSND_S_OK = 0x8000,
                 VSND_S_BAD_MSG = 0x8001,
                 VSND_S_NOT_SUPP = 0x8002,
                 VSND_S_IO_ERR = 0x8003,
};

enum vsnd_direction { VSND_D_OUTPUT, VSND_D_INPUT };

struct vsnd_event {
    uint32_t code, data;
};
BN_SIZE_IS(struct vsnd_event, 8);

struct vsnd_query { /* §5.14.6.1 */
    uint32_t code, start, count, size;
};
BN_SIZE_IS(struct vsnd_query, 16);

struct vsnd_item { /* head of every request for one jack, stream or control */
    uint32_t code, id;
};
BN_SIZE_IS(struct vsnd_item, 8);

/* §5.14.6.4 */
#define VSND_JACK_F_REMAP (1u << 0)

struct vsnd_jack_info {
    uint32_t nid, features;
    uint32_t defconf, caps; /* HDA 7.3.3.31, 7.3.4.9 */
    uint8_t connected, padding[7];
};
BN_SIZE_IS(struct vsnd_jack_info, 24);

struct vsnd_jack_remap {
    uint32_t code, id;
    uint32_t association, sequence;
};
BN_SIZE_IS(struct vsnd_jack_remap, 16);

/* §5.14.6.6: bits of `features` */
#define VSND_PCM_F_SHMEM_HOST        (1u << 0)
#define VSND_PCM_F_SHMEM_GUEST       (1u << 1)
#define VSND_PCM_F_MSG_POLLING       (1u << 2)
#define VSND_PCM_F_EVT_SHMEM_PERIODS (1u << 3)
#define VSND_PCM_F_EVT_XRUNS         (1u << 4)

enum vsnd_format { /* §5.14.6.6.2, numbers of bits in `formats` */
                   VSND_FMT_IMA_ADPCM,
                   VSND_FMT_MU_LAW,
                   VSND_FMT_A_LAW,
                   VSND_FMT_S8,
                   VSND_FMT_U8,
                   VSND_FMT_S16,
                   VSND_FMT_U16,
                   VSND_FMT_S18_3,
                   VSND_FMT_U18_3,
                   VSND_FMT_S20_3,
                   VSND_FMT_U20_3,
                   VSND_FMT_S24_3,
                   VSND_FMT_U24_3,
                   VSND_FMT_S20,
                   VSND_FMT_U20,
                   VSND_FMT_S24,
                   VSND_FMT_U24,
                   VSND_FMT_S32,
                   VSND_FMT_U32,
                   VSND_FMT_FLOAT,
                   VSND_FMT_FLOAT64,
                   VSND_FMT_DSD_U8,
                   VSND_FMT_DSD_U16,
                   VSND_FMT_DSD_U32,
                   VSND_FMT_IEC958_SUBFRAME,
                   VSND_FORMATS
};

enum vsnd_rate { /* numbers of bits in `rates` */
                 VSND_RATE_5512,
                 VSND_RATE_8000,
                 VSND_RATE_11025,
                 VSND_RATE_16000,
                 VSND_RATE_22050,
                 VSND_RATE_32000,
                 VSND_RATE_44100,
                 VSND_RATE_48000,
                 VSND_RATE_64000,
                 VSND_RATE_88200,
                 VSND_RATE_96000,
                 VSND_RATE_176400,
                 VSND_RATE_192000,
                 VSND_RATE_384000,
                 VSND_RATES
};

struct vsnd_pcm_info {
    uint32_t nid, features;
    uint64_t formats, rates;
    uint8_t direction, channels_min, channels_max, padding[5];
};
BN_SIZE_IS(struct vsnd_pcm_info, 32);

struct vsnd_pcm_set_params {
    uint32_t code, id;
    uint32_t buffer_bytes, period_bytes, features;
    uint8_t channels, format, rate, padding;
};
BN_SIZE_IS(struct vsnd_pcm_set_params, 24);

struct vsnd_pcm_status { /* §5.14.6.8; before the PCM is the stream's number alone */
    uint32_t status, latency_bytes;
};
BN_SIZE_IS(struct vsnd_pcm_status, 8);
#define VSND_XFER_BYTES 4u

enum vsnd_position { /* §5.14.6.9, those that our maps have */
                     VSND_CHMAP_NONE,
                     VSND_CHMAP_NA,
                     VSND_CHMAP_MONO,
                     VSND_CHMAP_FL,
                     VSND_CHMAP_FR,
                     VSND_CHMAP_RL,
                     VSND_CHMAP_RR,
                     VSND_CHMAP_FC,
                     VSND_CHMAP_LFE,
                     VSND_CHMAP_SL,
                     VSND_CHMAP_SR,
                     VSND_CHMAP_RC,
};
#define VSND_CHMAP_MAX 18

struct vsnd_chmap_info {
    uint32_t nid;
    uint8_t direction, channels, position[VSND_CHMAP_MAX];
};
BN_SIZE_IS(struct vsnd_chmap_info, 24);

/* Control elements: VIRTIO 1.3 §5.14.6.10 */
enum vsnd_ctl_role { VSND_ROLE_UNDEFINED, VSND_ROLE_VOLUME, VSND_ROLE_MUTE, VSND_ROLE_GAIN };
#define VSND_ROLE(role, direction) ((uint32_t)(role) << 1 | (uint32_t)(direction))

enum vsnd_ctl_type {
    VSND_CTL_BOOLEAN,
    VSND_CTL_INTEGER,
    VSND_CTL_INTEGER64,
    VSND_CTL_ENUMERATED,
    VSND_CTL_BYTES,
    VSND_CTL_IEC958
};

#define VSND_CTL_READ        (1u << 0)
#define VSND_CTL_WRITE       (1u << 1)
#define VSND_CTL_VOLATILE    (1u << 2)
#define VSND_CTL_INACTIVE    (1u << 3)
#define VSND_CTL_TLV_READ    (1u << 4)
#define VSND_CTL_TLV_WRITE   (1u << 5)
#define VSND_CTL_TLV_COMMAND (1u << 6)

struct vsnd_ctl_info {
    uint32_t nid, role, type, access, count, index;
    char name[44];
    uint32_t padding; /* the union has 64-bit members */
    union {
        struct {
            uint32_t min, max, step;
        } integer;
        struct {
            uint64_t min, max, step;
        } integer64;
        struct {
            uint32_t items;
        } enumerated;
    };
};
BN_OFFSET_IS(struct vsnd_ctl_info, name, 24);
BN_OFFSET_IS(struct vsnd_ctl_info, integer, 72);
BN_SIZE_IS(struct vsnd_ctl_info, 96);

#define VSND_CTL_ITEM_BYTES  64u
#define VSND_CTL_VALUE_BYTES 512u

struct vsnd_ctl_write {
    uint32_t code, id;
    uint32_t value[VSND_CTL_VALUE_BYTES / 4];
};
BN_SIZE_IS(struct vsnd_ctl_write, 520);

/* Metadata as ALSA has it: a scale in steps of equal dB. */
#define VSND_TLV_DB_SCALE      1u
#define VSND_TLV_DB_SCALE_MUTE (1u << 16) /* the least value is silence */

struct vsnd_tlv_db_scale {
    uint32_t type, length;
    int32_t min;   /* 0.01 dB */
    uint32_t step; /* 0.01 dB, VSND_TLV_DB_SCALE_MUTE */
};
BN_SIZE_IS(struct vsnd_tlv_db_scale, 16);

#define VSND_CTL_EVT_VALUE (1u << 0)
#define VSND_CTL_EVT_INFO  (1u << 1)
#define VSND_CTL_EVT_TLV   (1u << 2)

struct vsnd_ctl_event { /* in the place of a vsnd_event */
    uint32_t code;
    uint16_t id, mask;
};
BN_SIZE_IS(struct vsnd_ctl_event, 8);

/* Any request, as far as a device reads it. */
union vsnd_request {
    uint32_t code;
    struct vsnd_query query;
    struct vsnd_item item;
    struct vsnd_jack_remap remap;
    struct vsnd_pcm_set_params params;
    struct vsnd_ctl_write write;
};

#endif
