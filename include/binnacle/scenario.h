/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The scenario as every world reads it: one flat, versioned, checksummed structure that the host
 * tool writes from scenarios/<name>.dts. Who owns which CPU, memory, device and display. Nothing on
 * the target parses a tree.
 */
#ifndef BINNACLE_SCENARIO_H
#define BINNACLE_SCENARIO_H

#include "binnacle/abi.h"

#define BN_SCENARIO_MAGIC   BN_FOURCC('B', 'N', 'S', 'C')
#define BN_SCENARIO_VERSION 3

#define BN_MAX_CPUS      8
#define BN_MAX_VMS       6
#define BN_MAX_VCPUS     8 /* of one VM */
#define BN_MAX_RANGES    4 /* memory ranges of one VM */
#define BN_MAX_REGIONS   8 /* shared memory */
#define BN_MAX_DEVICES   16
#define BN_MAX_FUNCTIONS 4 /* of the machine, of one VM */
#define BN_MAX_OUTPUTS   4
#define BN_MAX_LAYERS    12
#define BN_MAX_SOUNDS    8 /* playback streams of one VM, and as many capture streams */
#define BN_CMDLINE_BYTES 512
#define BN_PATH_BYTES    64

enum bn_vm_kind {
    BN_VM_SERVICE = 1,      /* Linux, owns what nobody else does, drives the HSM ABI; exactly one,
                               or none if the scenario says BN_SCENARIO_NO_SERVICE_VM */
    BN_VM_PRELAUNCHED = 2,  /* started by the hypervisor before the service VM (the cluster) */
    BN_VM_POSTLAUNCHED = 3, /* created by the service VM through the HSM ABI (the IVI) */
};

enum bn_image_kind {
    BN_IMAGE_NONE = 0,
    BN_IMAGE_BZIMAGE = 1,
    BN_IMAGE_MULTIBOOT1 = 2, /* ELF32 */
};

struct bn_range { /* host physical; gpa = where the VM sees it. Service VM: gpa == hpa */
    uint64_t hpa, gpa, bytes;
};
BN_SIZE_IS(struct bn_range, 24);
#define BN_RANGE_ALIGN                                                                             \
    0x200000u /* of every hpa, gpa and length in a scenario: large pages throughout */

struct bn_vm_cpu {
    uint8_t pcpu;      /* logical number: order of the firmware's MADT, boot CPU first */
    uint8_t exclusive; /* 1: no other vCPU ever runs there */
    uint16_t weight;   /* share of a CPU used by several VMs, 1..1000 */
};
BN_SIZE_IS(struct bn_vm_cpu, 4);

#define BN_VM_RESTART (1u << 0) /* started again by its supervisor when it dies */
#define BN_VM_DIRECT_IRQ                                                                           \
    (1u << 1) /* interrupts are delivered to it without exits (exclusive CPUs only) */

/*
 * A post-launched VM's part of the GPU: what the mediator lets it have. Who waits for the GPU and
 * has the higher priority goes first; of equal ones each gets a share by its weight.
 */
struct bn_scenario_vgpu {
    uint64_t memory_bytes; /* of pictures and their mirrors; where nothing is drawn in 3D there are
                              no mirrors, and it is half */
    uint32_t resources, contexts;
    uint16_t weight;   /* 1..1000; 0: the VM has no vGPU, and the rest is 0 too */
    uint16_t priority; /* 0..BN_VGPU_MAX_PRIORITY */
    uint16_t outputs;  /* scanouts that the guest sees; 0: as many as the layers show */
    uint16_t poll_us;  /* the mediator looks so long for the next request before it sleeps */
};
BN_SIZE_IS(struct bn_scenario_vgpu, 24);
#define BN_VGPU_MIN_MEMORY    (UINT64_C(16) << 20)
#define BN_VGPU_MEMORY_ALIGN  (UINT64_C(1) << 20)
#define BN_VGPU_MAX_MEMORY    (UINT64_C(16) << 30)
#define BN_VGPU_MAX_RESOURCES 65536u
#define BN_VGPU_MAX_CONTEXTS  256u
#define BN_VGPU_MAX_WEIGHT    1000u
#define BN_VGPU_MAX_PRIORITY  7u
#define BN_VGPU_POLL_US       50u
#define BN_VGPU_MAX_POLL_US   10000u
#define BN_VGPU_MAX_OUTPUTS   16u /* VIRTIO 1.2 5.7.6: VIRTIO_GPU_MAX_SCANOUTS */

/*
 * What a sound is for, which decides who is heard (audio/policy). Chimes are the cluster's alone:
 * no stream of a guest can have that role.
 */
enum bn_sound_role {
    BN_SOUND_NONE = 0,
    BN_SOUND_MEDIA = 1,
    BN_SOUND_NAVIGATION = 2, /* a spoken prompt */
    BN_SOUND_TELEPHONE = 3,
    BN_SOUND_PARK = 4, /* park distance */
    BN_SOUND_CHIME = 5,
    BN_SOUND_ROLES
};

/* A post-launched VM's part of the sound: its PCM streams, playback before capture. */
struct bn_scenario_sound {
    uint8_t playback, capture;   /* streams; both 0: the VM has no sound device */
    uint8_t role[BN_MAX_SOUNDS]; /* enum bn_sound_role of each playback stream */
    int16_t gain_centibel;       /* of all it plays, 0.1 dB; at most 0 */
    uint16_t reserved[2];
};
BN_SIZE_IS(struct bn_scenario_sound, 16);
#define BN_SOUND_MIN_GAIN (-600) /* centibel */

struct bn_scenario_vm {
    char name[BN_NAME_BYTES];
    uint8_t uuid[16];   /* what HSM's create call names it by (post-launched) */
    uint32_t kind;      /* enum bn_vm_kind */
    uint32_t flags;     /* BN_VM_* */
    uint32_t cpu_count; /* vCPU i runs on cpu[i].pcpu and nowhere else */
    struct bn_vm_cpu cpu[BN_MAX_VCPUS];
    uint32_t range_count; /* pre-launched VMs only, 1..BN_MAX_RANGES; the others have none */
    struct bn_range range[BN_MAX_RANGES];
    /*
     * Pre-launched: the sum of its ranges. Service: it gets every usable range that is nobody
     * else's, lowest first, up to this many bytes, and a machine that has less left does not boot.
     * Post-launched: what the device model gives it out of the service VM's memory.
     */
    uint64_t memory_bytes;
    uint32_t image_kind;
    uint32_t
        watchdog_ms; /* 0: none. Cluster: its CPU is taken back; service VM: display goes SAFE */
    /* File names in \binnacle\ of the EFI system partition; a post-launched VM's are paths in the
     * service VM. */
    char image[BN_PATH_BYTES];
    char initrd[BN_PATH_BYTES];
    char cmdline[BN_CMDLINE_BYTES];
    uint64_t framebuffer_gpa; /* where the VM sees the boot framebuffer; 0: it does not */
    struct bn_scenario_vgpu gpu;
    struct bn_scenario_sound sound;
};
BN_SIZE_IS(struct bn_scenario_vm, 880);

struct bn_scenario_region { /* shared memory, see shm.h; rights[i] are those of vm[i] */
    char name[BN_NAME_BYTES];
    uint32_t kind; /* enum bn_shm_kind */
    uint32_t reserved;
    uint64_t bytes; /* multiple of BN_SHM_ALIGN */
    uint8_t rights[8];
};
BN_SIZE_IS(struct bn_scenario_region, 40);

enum bn_device_kind {
    BN_DEVICE_PCI = 1,  /* one function, by bus/device/function */
    BN_DEVICE_UART = 2, /* legacy 16550: port, ISA interrupt */
    BN_DEVICE_SPEAKER = 3,
};

#define BN_DEVICE_OPTIONAL (1u << 0) /* the machine may lack it; else boot fails naming it */

struct bn_scenario_device { /* a device that is NOT the service VM's: hidden from it; a PCI function
                               of a post-launched VM is its until it gives it to that VM */
    char name[BN_NAME_BYTES];
    uint32_t kind; /* enum bn_device_kind */
    uint32_t flags;
    uint16_t owner; /* index into vm[] ; 0xFFFF: the hypervisor (console) */
    uint16_t port;  /* UART base */
    uint8_t isa_irq;
    uint8_t vector;                  /* direct delivery: vector at the owner's CPU, 0x20..0xEF */
    uint16_t bdf;                    /* PCI: bus << 8 | device << 3 | function, segment 0 */
    uint16_t pci_vendor, pci_device; /* must match what is found there; 0xFFFF: any */
    uint16_t reserved;
};
BN_SIZE_IS(struct bn_scenario_device, 40);
#define BN_PCI_ANY          0xFFFFu
#define BN_VECTOR_NONE      0u /* no direct delivery */
#define BN_VECTOR_FIRST     0x20u
#define BN_VECTOR_LAST      0xEFu
#define BN_OWNER_HYPERVISOR 0xFFFFu

struct bn_scenario_output { /* a physical screen */
    char name[BN_NAME_BYTES];
    uint32_t width, height;
    uint32_t refresh_mhz; /* millihertz */
    uint32_t index;       /* connector number of the display controller */
};
BN_SIZE_IS(struct bn_scenario_output, 32);

enum bn_layer_source {
    BN_LAYER_CLUSTER = 1, /* the cluster's frames */
    BN_LAYER_SCANOUT = 2, /* scanout `scanout` of VM `vm` */
    BN_LAYER_COPY = 3, /* a cut of the cluster's frames (source rectangle), e.g. the telltale strip
                          on another screen */
};

/*
 * Placed on one output; higher z is nearer to the driver. Layers that show the cluster are above
 * every guest's on their output; where a guest's picture is to be seen inside the cluster's, the
 * cluster is laid around it in several layers.
 */
struct bn_scenario_layer {
    uint32_t source; /* enum bn_layer_source */
    uint16_t vm;
    uint16_t scanout;
    uint16_t output;
    int16_t z;
    int32_t x, y, width, height;                 /* on the output */
    int32_t src_x, src_y, src_width, src_height; /* cut of the source; all 0: whole */
    uint32_t input;                              /* 1: takes keyboard and pointer */
};
BN_SIZE_IS(struct bn_scenario_layer, 48);

#define BN_SCENARIO_NO_SERVICE_VM (1u << 0) /* a test or a measurement that runs without Linux */
#define BN_SCENARIO_IOMMU         (1u << 1) /* no boot where devices cannot be confined */
#define BN_SCENARIO_REPORT        (1u << 2) /* the loader tells what the machine is and has */

struct bn_scenario {
    uint32_t magic;
    uint16_t version;
    uint16_t flags; /* BN_SCENARIO_* */
    uint32_t bytes; /* sizeof(struct bn_scenario) */
    uint32_t crc;   /* bn_crc32 over everything after this member */
    char name[32];
    struct bn_range hypervisor; /* its own memory: image, heap, tables (gpa unused, 0) */
    struct bn_range shm; /* the shared window (gpa: where pre-launched VMs see it); bytes 0: none */
    uint16_t console_port;   /* UART of the hypervisor console */
    uint16_t framebuffer_vm; /* index of the VM that draws to the boot framebuffer; 0xFFFF none */
    uint32_t framebuffer_width, framebuffer_height;
    uint32_t vm_count, region_count, device_count, output_count, layer_count;
    struct bn_scenario_vm vm[BN_MAX_VMS];
    struct bn_scenario_region region[BN_MAX_REGIONS];
    struct bn_scenario_device device[BN_MAX_DEVICES];
    struct bn_scenario_output output[BN_MAX_OUTPUTS];
    struct bn_scenario_layer layer[BN_MAX_LAYERS];
};
BN_OFFSET_IS(struct bn_scenario, crc, 12);
BN_OFFSET_IS(struct bn_scenario, vm, 128);
BN_SIZE_IS(struct bn_scenario, 7072);

#endif
