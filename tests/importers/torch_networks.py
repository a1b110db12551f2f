# SPDX-License-Identifier: Apache-2.0
"""The networks that torch_counts.py tries: torchvision's, and small ones written here.

`networks(size)` gives {name: function that makes (module, example inputs, input names)}.
"""
import torch
import torchvision
from torch import nn

from torch_unusual import unusual


class Bert(nn.Module):
    """An encoder as BERT has it: post-norm, GELU, three embeddings, a pooler."""

    def __init__(self, layers=4, width=256, heads=4, rows=1000, length=128):
        super().__init__()
        self.heads = heads
        self.word, self.place = nn.Embedding(rows, width), nn.Embedding(length, width)
        self.segment = nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width)
        self.blocks = nn.ModuleList(nn.ModuleDict({
            "q": nn.Linear(width, width), "k": nn.Linear(width, width),
            "v": nn.Linear(width, width), "o": nn.Linear(width, width),
            "n1": nn.LayerNorm(width), "f1": nn.Linear(width, 4 * width),
            "f2": nn.Linear(4 * width, width), "n2": nn.LayerNorm(width),
        }) for _ in range(layers))
        self.pooler = nn.Linear(width, width)

    def forward(self, ids, mask, kinds):
        places = torch.arange(ids.shape[1], device=ids.device).unsqueeze(0)
        x = self.norm(self.word(ids) + self.place(places) + self.segment(kinds))
        bias = (1.0 - mask[:, None, None, :].to(x.dtype)) * -10000.0
        for block in self.blocks:
            def split(t):
                return t.view(t.shape[0], t.shape[1], self.heads, -1).permute(0, 2, 1, 3)
            q, k, v = split(block["q"](x)), split(block["k"](x)), split(block["v"](x))
            scores = q @ k.transpose(-1, -2) / (q.shape[-1] ** 0.5) + bias
            y = (scores.softmax(-1) @ v).permute(0, 2, 1, 3).contiguous()
            x = block["n1"](x + block["o"](y.view(y.shape[0], y.shape[1], -1)))
            x = block["n2"](x + block["f2"](nn.functional.gelu(block["f1"](x))))
        return torch.tanh(self.pooler(x[:, 0]))


class Gpt(nn.Module):
    """A decoder as GPT-2 has it: pre-norm, a causal mask from a buffer, tanh GELU."""

    def __init__(self, layers=3, width=192, heads=6, rows=1000, length=128):
        super().__init__()
        self.heads, self.width = heads, width
        self.word, self.place = nn.Embedding(rows, width), nn.Embedding(length, width)
        self.register_buffer("mask", torch.tril(torch.ones(length, length)).view(
            1, 1, length, length).bool())
        self.blocks = nn.ModuleList(nn.ModuleDict({
            "n1": nn.LayerNorm(width), "qkv": nn.Linear(width, 3 * width),
            "o": nn.Linear(width, width), "n2": nn.LayerNorm(width),
            "f1": nn.Linear(width, 4 * width), "f2": nn.Linear(4 * width, width),
        }) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, rows, bias=False)

    def forward(self, ids):
        length = ids.size(-1)
        x = self.word(ids) + self.place(torch.arange(length).unsqueeze(0))
        for block in self.blocks:
            q, k, v = block["qkv"](block["n1"](x)).split(self.width, dim=2)

            def split(t):
                return t.view(t.size(0), t.size(1), self.heads, -1).transpose(1, 2)
            q, k, v = split(q), split(k), split(v)
            scores = (q @ k.transpose(-2, -1)) * (k.size(-1) ** -0.5)
            scores = torch.where(self.mask[:, :, :length, :length], scores,
                                 torch.tensor(-1e4))
            y = (scores.softmax(-1) @ v).transpose(1, 2).contiguous()
            x = x + block["o"](y.view(y.size(0), y.size(1), self.width))
            h = block["f1"](block["n2"](x))
            h = 0.5 * h * (1 + torch.tanh(0.7978845608 * (h + 0.044715 * h.pow(3))))
            x = x + block["f2"](h)
        return self.head(self.norm(x))


class LanguageModel(nn.Module):
    def __init__(self, kind=nn.LSTM, bidirectional=False, batch_first=False):
        super().__init__()
        self.word = nn.Embedding(1000, 64)
        self.cells = kind(64, 96, num_layers=2, bidirectional=bidirectional,
                          batch_first=batch_first)
        self.head = nn.Linear(96 * (1 + bidirectional), 1000)

    def forward(self, ids):
        return self.head(self.cells(self.word(ids))[0])


def nin():
    def block(i, o, k, s, p):
        return [nn.Conv2d(i, o, k, s, p), nn.ReLU(), nn.Conv2d(o, o, 1), nn.ReLU(),
                nn.Conv2d(o, o, 1), nn.ReLU()]
    return nn.Sequential(
        *block(3, 96, 11, 4, 0), nn.MaxPool2d(3, 2, ceil_mode=True),
        *block(96, 256, 5, 1, 2), nn.MaxPool2d(3, 2, ceil_mode=True),
        *block(256, 384, 3, 1, 1), nn.MaxPool2d(3, 2, ceil_mode=True), nn.Dropout(),
        nn.Conv2d(384, 1024, 3, 1, 1), nn.ReLU(), nn.Conv2d(1024, 1024, 1), nn.ReLU(),
        nn.Conv2d(1024, 1000, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())


def overfeat():
    return nn.Sequential(
        nn.Conv2d(3, 96, 11, 4), nn.ReLU(), nn.MaxPool2d(2, 2),
        nn.Conv2d(96, 256, 5), nn.ReLU(), nn.MaxPool2d(2, 2),
        nn.Conv2d(256, 512, 3, padding=1), nn.ReLU(),
        nn.Conv2d(512, 1024, 3, padding=1), nn.ReLU(),
        nn.Conv2d(1024, 1024, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2, 2),
        nn.Flatten(), nn.Linear(1024 * 6 * 6, 3072), nn.ReLU(), nn.Linear(3072, 4096), nn.ReLU(),
        nn.Linear(4096, 1000))


def cifar10_6conv():
    layers, channels = [], 3
    for i, out in enumerate([128, 128, 256, 256, 512, 512]):
        layers += [nn.Conv2d(channels, out, 3, padding=1), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if i % 2 else []
        channels = out
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(512 * 16, 1024), nn.ReLU(),
                         nn.Linear(1024, 10))


def mixed():
    """Operators that the other networks do not have."""
    class Mixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Conv2d(8, 16, (3, 5), stride=(1, 2), padding=(1, 2), padding_mode="reflect")
            self.up = nn.ConvTranspose2d(16, 8, 3, stride=2, padding=1, output_padding=1, groups=4)
            self.group, self.instance = nn.GroupNorm(4, 8), nn.InstanceNorm2d(8, affine=True)
            self.lrn, self.prelu = nn.LocalResponseNorm(5), nn.PReLU(8)
            self.one = nn.Conv1d(8, 12, 3, dilation=2, padding=2)

        def forward(self, x):
            y = self.lrn(self.prelu(self.instance(self.group(self.up(self.a(x))))))
            y = nn.functional.interpolate(y, scale_factor=2.0, mode="nearest")
            y = nn.functional.interpolate(y, size=(9, 11), mode="bilinear", align_corners=False)
            y = nn.functional.pixel_shuffle(nn.functional.mish(y), 2)
            y = torch.cat([y, nn.functional.pad(y, (1, -1, 2, -2))], 1).amax(1)
            z = self.one(x.mean(3)).chunk(3, 1)
            return y.logsumexp(1), z[0] @ z[1].transpose(1, 2), z[2].topk(3)[0]
    return Mixed()


class Volumes(nn.Module):
    """A small U-Net over volumes: every window of three axes, and some that slide along fewer."""

    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(nn.Conv3d(2, 8, 3, padding=1), nn.BatchNorm3d(8), nn.ReLU(),
                                  nn.Conv3d(8, 12, 3, (1, 2, 2), (1, 0, 2), (1, 1, 2), groups=4))
        self.pool = nn.MaxPool3d(2, ceil_mode=True)
        self.deep = nn.Sequential(nn.Conv3d(12, 24, (1, 3, 3), padding=(0, 1, 1)), nn.ELU(),
                                  nn.Conv3d(24, 12, (3, 1, 1)), nn.InstanceNorm3d(12, affine=True),
                                  nn.AvgPool3d((1, 2, 2), 1))
        self.up = nn.ConvTranspose3d(12, 8, 3, 2, 1, 1, groups=2)
        self.wide = nn.ConvTranspose3d(8, 4, (1, 2, 2), (1, 2, 2))
        self.head = nn.Sequential(nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(4, 3))

    def forward(self, x):
        y = self.wide(self.up(self.deep(self.pool(self.down(x)))))
        y = nn.functional.interpolate(y, scale_factor=2.0, mode="trilinear", align_corners=False)
        return self.head(torch.cat([y, y.flip(2)], 2)), nn.functional.adaptive_max_pool3d(y, 1)


class Einsum(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(6, 4, 5))

    def forward(self, x):
        y = torch.einsum("bchw,cde->bdehw", x.reshape(x.shape[0], 6, 4, 4), self.weight)
        return torch.einsum("bdehw,bdxhw->bex", y, y)


def image(size=224, channels=3, batch=1):
    return [torch.randn(batch, channels, size, size)], ["input"]


def networks(size):
    table = {}

    def vision(name, make, extent):
        table[name] = lambda: (make(), *image(extent))

    for name in torchvision.models.list_models(module=torchvision.models):
        options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        fixed = name.startswith(("vit", "maxvit", "alexnet", "vgg"))
        least = 96 if name == "inception_v3" else 32
        vision(name, lambda name=name, options=options: torchvision.models.get_model(
            name, weights=None, **options), 224 if fixed else max(size, least))
    for name in torchvision.models.list_models(module=torchvision.models.segmentation):
        vision(name, lambda name=name: Only(torchvision.models.get_model(
            name, weights=None, weights_backbone=None), "out"), size)
    backbones = torchvision.models.detection.backbone_utils
    vision("resnet50_fpn", lambda: Values(backbones.resnet_fpn_backbone(
        "resnet50", weights=None)), size)
    vision("mobilenet_v3_fpn", lambda: Values(backbones.mobilenet_backbone(
        "mobilenet_v3_large", weights=None, fpn=True)), size)
    # MViT splits a tensor in a way that becomes a loop over a sequence, which is not read.
    for name in ("r3d_18", "mc3_18", "r2plus1d_18", "s3d"):
        extent = 224 if name == "s3d" else max(size, 64)
        table[name] = lambda name=name, extent=extent: (torchvision.models.get_model(
            name, weights=None), [torch.randn(1, 3, 16, extent, extent)], ["input"])
    table["volumes"] = lambda: (Volumes(), [torch.randn(1, 2, 8, 17, 20)], ["input"])
    vision("nin", nin, 224)
    vision("overfeat", overfeat, 231)
    vision("cifar10_6conv", cifar10_6conv, 32)
    table["mixed"] = lambda: (mixed(), *image(16, 8))
    table["einsum"] = lambda: (Einsum(), *image(4, 6))
    ids = torch.ones(1, 32, dtype=torch.long)
    table["bert"] = lambda: (Bert(), [ids, ids, torch.zeros_like(ids)], ["ids", "mask", "kinds"])
    table["gpt"] = lambda: (Gpt(), [ids], ["ids"])
    table["lstm"] = lambda: (LanguageModel(batch_first=True), [ids], ["ids"])
    table["lstm_time_first"] = lambda: (LanguageModel(), [ids.T], ["ids"])
    table["gru"] = lambda: (LanguageModel(nn.GRU, True, True), [ids], ["ids"])
    table["rnn"] = lambda: (LanguageModel(nn.RNN, False, True), [ids], ["ids"])
    table.update(unusual())
    return table


class Only(nn.Module):
    def __init__(self, inner, key):
        super().__init__()
        self.inner, self.key = inner, key

    def forward(self, x):
        return self.inner(x)[self.key]


class Values(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return list(self.inner(x).values())
