// Lets ctypes call the parser: rows in, boxes out.
#include "nvdsinfer_custom_impl.h"
extern "C" bool NvDsInferParseMusterYolox(std::vector<NvDsInferLayerInfo> const&, NvDsInferNetworkInfo const&, NvDsInferParseDetectionParams const&, std::vector<NvDsInferObjectDetectionInfo>&);
extern "C" int parse(float* rows, unsigned cells, unsigned columns, unsigned side, float least, float* out, int most) {
  NvDsInferLayerInfo layer{FLOAT, {2, {cells, columns}, cells * columns}, 0, "output", rows, 0};
  NvDsInferParseDetectionParams params{columns - 5, std::vector<float>(columns - 5, least), {}};
  std::vector<NvDsInferObjectDetectionInfo> found;
  if (!NvDsInferParseMusterYolox({layer}, {side, side, 3}, params, found)) return -1;
  int number = 0;
  for (const auto& box : found) {
    if (number == most) break;
    float* to = out + 6 * number++;
    to[0] = box.left; to[1] = box.top; to[2] = box.width; to[3] = box.height; to[4] = box.detectionConfidence; to[5] = box.classId;
  }
  return number;
}
