// Reads the rows of a YOLOX network for nvinfer: (cells, 5 + classes), offsets and log sizes by cell, strides 8, 16, 32.
// The same as decode() of pipelines/detect/backends/onnx.py; tests/detect/test_yolox_parser.py holds the two together.
#include <algorithm>
#include <cmath>
#include <vector>

#include "nvdsinfer_custom_impl.h"

namespace {
constexpr int kStrides[] = {8, 16, 32};
constexpr int kBeforeClasses = 5;
constexpr float kMostLogSize = 20.0f;  // exp of more is no size

float threshold_of(const NvDsInferParseDetectionParams& params, unsigned kind) {
  return kind < params.perClassPreclusterThreshold.size() ? params.perClassPreclusterThreshold[kind] : 1.0f;
}
}  // namespace

extern "C" bool NvDsInferParseMusterYolox(std::vector<NvDsInferLayerInfo> const& layers, NvDsInferNetworkInfo const& network,
                                          NvDsInferParseDetectionParams const& params,
                                          std::vector<NvDsInferObjectDetectionInfo>& found) {
  if (layers.empty() || layers[0].buffer == nullptr || layers[0].dataType != FLOAT) return false;
  const auto& dims = layers[0].inferDims;
  if (dims.numDims < 2) return false;
  const int cells = static_cast<int>(dims.d[dims.numDims - 2]);
  const int columns = static_cast<int>(dims.d[dims.numDims - 1]);
  int expected = 0;
  for (int stride : kStrides) expected += static_cast<int>(network.width / stride) * static_cast<int>(network.height / stride);
  if (cells != expected || columns <= kBeforeClasses) return false;
  const unsigned kinds = std::min<unsigned>(columns - kBeforeClasses, params.numClassesConfigured);
  const float* row = static_cast<const float*>(layers[0].buffer);
  for (int stride : kStrides) {
    const int wide = static_cast<int>(network.width) / stride, high = static_cast<int>(network.height) / stride;
    for (int y = 0; y < high; ++y) {
      for (int x = 0; x < wide; ++x, row += columns) {
        const float* scores = row + kBeforeClasses;
        const unsigned kind = static_cast<unsigned>(std::max_element(scores, scores + kinds) - scores);
        const float score = row[4] * scores[kind];
        if (!(score >= threshold_of(params, kind))) continue;
        const float width = std::exp(std::min(row[2], kMostLogSize)) * stride, height = std::exp(std::min(row[3], kMostLogSize)) * stride;
        NvDsInferObjectDetectionInfo box{};
        box.classId = kind;
        box.detectionConfidence = score;
        box.left = (row[0] + x) * stride - width / 2;
        box.top = (row[1] + y) * stride - height / 2;
        box.width = width;
        box.height = height;
        found.push_back(box);
      }
    }
  }
  return true;
}
