/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the meaning of a scenario's tree: which property fills which member, VMs apart
 * (reader_vm.c). What the values may be, the check decides. */
#include "reader.h"

#include <string.h>

#include "binnacle/shm.h"
#include "reader_internal.h"

#define REFRESH_60 60000u

/* Index of the VM called `name`; an error naming it if there is none. */
static uint16_t find_vm(const struct node *node, const char *member, const char *name,
                        const struct bn_scenario *s)
{
    for (uint16_t i = 0; name && i < s->vm_count; i++)
        if (strcmp(s->vm[i].name, name) == 0)
            return i;
    if (name)
        node_error(node, member, "name a node of /vms", "%s: there is no VM \"%s\"", member, name);
    else
        node_error(node, "", "add it, naming a node of /vms", "there is no property %s", member);
    return 0;
}

void reader_read_name(const struct node *node, char name[BN_NAME_BYTES])
{
    const char *text = node_name(node);

    if (strlen(text) >= BN_NAME_BYTES)
        node_error(node, "", "use a shorter name",
                   "the name has %zu characters, at most %d are possible", strlen(text),
                   BN_NAME_BYTES - 1);
    else
        memcpy(name, text, strlen(text));
}

static void give_right(const struct node *node, const char *member, uint8_t right,
                       const struct bn_scenario *s, struct bn_scenario_region *region)
{
    const char *name;

    for (unsigned i = 0; (name = node_string(node, member, i)) != NULL; i++) {
        uint16_t vm = find_vm(node, member, name, s);

        region->rights[vm] = (uint8_t)(region->rights[vm] | right);
    }
}

static void read_region(const struct node *node, const struct bn_scenario *s,
                        struct bn_scenario_region *region)
{
    node_only(node, NAMES("kind", "bytes", "read", "write"), NONE);
    reader_read_name(node, region->name);
    region->kind = node_choice(
        node, "kind",
        NAMES("scenario", "cluster-frames", "display-status", "vehicle", "chime", "chime-status"));
    region->bytes = node_wide_number(node, "bytes", true);
    give_right(node, "read", BN_SHM_READ, s, region);
    give_right(node, "write", BN_SHM_READ | BN_SHM_WRITE, s, region);
}

static void read_pci(const struct node *node, struct bn_scenario_device *device)
{
    uint32_t place[3] = {0}, ids[2] = {BN_PCI_ANY, BN_PCI_ANY};

    if (node_cells(node, "pci", place, 3, 3) == 3 &&
        (place[0] > 255 || place[1] > 31 || place[2] > 7))
        node_error(node, "pci", "bus 0 to 255, device 0 to 31, function 0 to 7",
                   "there is no PCI function %u:%u.%u", place[0], place[1], place[2]);
    if (node_has(node, "id"))
        node_cells(node, "id", ids, 2, 2);
    device->bdf = (uint16_t)(place[0] << 8 | (place[1] & 31) << 3 | (place[2] & 7));
    device->pci_vendor = (uint16_t)ids[0];
    device->pci_device = (uint16_t)ids[1];
}

static void read_device(const struct node *node, const struct bn_scenario *s,
                        struct bn_scenario_device *device)
{
    const char *owner = node_string(node, "owner", 0);

    reader_read_name(node, device->name);
    device->kind = node_choice(node, "kind", NAMES("pci", "uart", "speaker"));
    device->flags = node_has(node, "optional") ? BN_DEVICE_OPTIONAL : 0;
    if (owner && strcmp(owner, "hypervisor") == 0)
        device->owner = BN_OWNER_HYPERVISOR;
    else
        device->owner = find_vm(node, "owner", owner, s);
    device->vector = (uint8_t)node_number(node, "vector", false, BN_VECTOR_NONE, 255);
    if (device->kind == BN_DEVICE_PCI) {
        node_only(node, NAMES("kind", "owner", "optional", "vector", "pci", "id"), NONE);
        read_pci(node, device);
    } else if (device->kind == BN_DEVICE_UART) {
        node_only(node, NAMES("kind", "owner", "optional", "vector", "port", "irq"), NONE);
        device->port = (uint16_t)node_number(node, "port", true, 0, 0xFFFF);
        device->isa_irq = (uint8_t)node_number(node, "irq", true, 0, 255);
    } else {
        node_only(node, NAMES("kind", "owner", "optional"), NONE);
    }
}

static void read_output(const struct node *node, struct bn_scenario_output *output)
{
    uint32_t size[2] = {0};

    node_only(node, NAMES("size", "refresh-mhz", "connector"), NONE);
    reader_read_name(node, output->name);
    node_cells(node, "size", size, 2, 2);
    output->width = size[0];
    output->height = size[1];
    output->refresh_mhz = node_number(node, "refresh-mhz", false, REFRESH_60, UINT32_MAX);
    output->index = node_number(node, "connector", true, 0, 15);
}

static void read_layer(const struct node *node, const struct bn_scenario *s,
                       struct bn_scenario_layer *layer)
{
    const char *output = node_string(node, "output", 0);
    uint32_t place[4] = {0}, cut[4] = {0};

    node_only(node, NAMES("source", "vm", "scanout", "output", "z", "place", "cut", "input"), NONE);
    layer->source = node_choice(node, "source", NAMES("cluster", "scanout", "copy"));
    layer->vm = find_vm(node, "vm", node_string(node, "vm", 0), s);
    layer->scanout = (uint16_t)node_number(node, "scanout", false, 0, 15);
    for (layer->output = 0; layer->output < s->output_count; layer->output++)
        if (output && strcmp(s->output[layer->output].name, output) == 0)
            break;
    if (layer->output == s->output_count)
        node_error(node, "output", "name a node of /outputs", "there is no output \"%s\"",
                   output ? output : "");
    layer->z = (int16_t)node_number(node, "z", true, 0, 1000);
    node_cells(node, "place", place, 4, 4);
    if (node_has(node, "cut"))
        node_cells(node, "cut", cut, 4, 4);
    layer->x = (int32_t)place[0];
    layer->y = (int32_t)place[1];
    layer->width = (int32_t)place[2];
    layer->height = (int32_t)place[3];
    layer->src_x = (int32_t)cut[0];
    layer->src_y = (int32_t)cut[1];
    layer->src_width = (int32_t)cut[2];
    layer->src_height = (int32_t)cut[3];
    layer->input = node_has(node, "input");
}

static void read_machine(const struct node *root, struct plan *plan)
{
    uint64_t numbers[READER_MAX_MEMORY * 2];
    struct node machine;

    if (!node_child(root, "machine", false, &machine))
        return;
    node_only(&machine, NAMES("cpus", "memory"), NONE);
    plan->machine.cpu_count = node_number(&machine, "cpus", true, 0, 256);
    unsigned count = node_wide(&machine, "memory", numbers, 2, READER_MAX_MEMORY * 2);
    if (count % 2)
        node_error(&machine, "memory", "two numbers a range: host-physical, length",
                   "memory has %u numbers", count);
    for (unsigned i = 0; i < count / 2; i++)
        plan->memory[i] =
            (struct bn_memory){numbers[i * 2], numbers[i * 2 + 1], BN_MEMORY_USABLE, 0};
    plan->machine.memory = plan->memory;
    plan->machine.memory_count = count / 2;
}

static void read_memory(const struct node *root, struct bn_scenario *s, struct node *shm)
{
    struct node hypervisor;
    uint64_t range[3] = {0};

    if (node_child(root, "hypervisor", false, &hypervisor)) {
        node_only(&hypervisor, NAMES("memory"), NONE);
        node_wide(&hypervisor, "memory", range, 2, 2);
        s->hypervisor = (struct bn_range){.hpa = range[0], .bytes = range[1]};
    }
    if (node_child(root, "shared-memory", true, shm) && node_wide(shm, "window", range, 3, 3) == 3)
        s->shm = (struct bn_range){range[0], range[1], range[2]};
}

static void read_framebuffer(const struct node *root, struct bn_scenario *s)
{
    struct node node;
    uint32_t size[2] = {0};

    s->framebuffer_vm = 0xFFFF;
    if (!node_child(root, "framebuffer", true, &node))
        return;
    node_only(&node, NAMES("vm", "size"), NONE);
    s->framebuffer_vm = find_vm(&node, "vm", node_string(&node, "vm", 0), s);
    node_cells(&node, "size", size, 2, 2);
    s->framebuffer_width = size[0];
    s->framebuffer_height = size[1];
}

/* Calls read_x for every child of `parent`, up to `max` of them. */
#define READ_ALL(parent, max, count, call)                                                         \
    do {                                                                                           \
        int at = -1;                                                                               \
        while (node_next(parent, &at, &child)) {                                                   \
            if ((count) == (max)) {                                                                \
                node_error(&child, "", "take some out", "at most %d nodes are possible here",      \
                           max);                                                                   \
                break;                                                                             \
            }                                                                                      \
            call;                                                                                  \
            (count)++;                                                                             \
        }                                                                                          \
    } while (0)

static void read_lists(const struct node *root, const struct node *shm, struct bn_scenario *s)
{
    struct node list, child;

    if (node_child(root, "vms", false, &list))
        READ_ALL(&list, BN_MAX_VMS, s->vm_count, reader_read_vm(&child, &s->vm[s->vm_count]));
    if (shm->source)
        READ_ALL(shm, BN_MAX_REGIONS, s->region_count,
                 read_region(&child, s, &s->region[s->region_count]));
    if (node_child(root, "devices", true, &list))
        READ_ALL(&list, BN_MAX_DEVICES, s->device_count,
                 read_device(&child, s, &s->device[s->device_count]));
    if (node_child(root, "outputs", true, &list))
        READ_ALL(&list, BN_MAX_OUTPUTS, s->output_count,
                 read_output(&child, &s->output[s->output_count]));
    if (node_child(root, "layers", true, &list))
        READ_ALL(&list, BN_MAX_LAYERS, s->layer_count,
                 read_layer(&child, s, &s->layer[s->layer_count]));
}

unsigned reader_read(const struct source *source, struct plan *plan)
{
    unsigned errors = 0;
    const struct node root = {.source = source, .path = "/", .errors = &errors};
    struct bn_scenario *s = &plan->scenario;
    struct node shm = {0};

    *plan = (struct plan){0};
    node_only(&root,
              NAMES("model", "no-service-vm", "iommu-required", "hardware-report", "console"),
              NAMES("machine", "framebuffer", "hypervisor", "vms", "shared-memory", "devices",
                    "outputs", "layers"));
    node_text(&root, "model", true, s->name, sizeof(s->name));
    s->flags = (uint16_t)((node_has(&root, "no-service-vm") ? BN_SCENARIO_NO_SERVICE_VM : 0) |
                          (node_has(&root, "iommu-required") ? BN_SCENARIO_IOMMU : 0) |
                          (node_has(&root, "hardware-report") ? BN_SCENARIO_REPORT : 0));
    s->console_port = (uint16_t)node_number(&root, "console", true, 0, 0xFFFF);
    read_machine(&root, plan);
    read_memory(&root, s, &shm);
    read_lists(&root, &shm, s);
    read_framebuffer(&root, s);
    s->magic = BN_SCENARIO_MAGIC;
    s->version = BN_SCENARIO_VERSION;
    s->bytes = sizeof(*s);
    s->crc = scenario_crc(s);
    return errors;
}

bool reader_find(const struct node *root, struct scenario_ref ref, struct node *found)
{
    static const char *const parents[] = {
        [SCENARIO_ITSELF] = NULL,
        [SCENARIO_HYPERVISOR] = "hypervisor",
        [SCENARIO_SHM] = "shared-memory",
        [SCENARIO_VM] = "vms",
        [SCENARIO_REGION] = "shared-memory",
        [SCENARIO_DEVICE] = "devices",
        [SCENARIO_OUTPUT] = "outputs",
        [SCENARIO_LAYER] = "layers",
        [SCENARIO_NOTHING] = NULL,
    };
    struct node parent;
    int at = -1;

    *found = *root;
    if (!parents[ref.object] || !node_child(root, parents[ref.object], true, &parent))
        return false;
    if (ref.object == SCENARIO_HYPERVISOR || ref.object == SCENARIO_SHM) {
        *found = parent;
        return true;
    }
    for (uint32_t i = 0; node_next(&parent, &at, found); i++)
        if (i == ref.index)
            return true;
    *found = *root;
    return false;
}
