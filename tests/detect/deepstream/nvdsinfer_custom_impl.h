// What the parser uses of DeepStream's header, by its documented names: enough to compile it without the SDK.
#pragma once
#include <string>
#include <vector>
enum NvDsInferDataType { FLOAT = 0, HALF = 1, INT8 = 2, INT32 = 3 };
struct NvDsInferDims { unsigned int numDims; unsigned int d[8]; unsigned int numElements; };
struct NvDsInferLayerInfo { NvDsInferDataType dataType; NvDsInferDims inferDims; int bindingIndex; const char* layerName; void* buffer; int isInput; };
struct NvDsInferNetworkInfo { unsigned int width; unsigned int height; unsigned int channels; };
struct NvDsInferParseDetectionParams { unsigned int numClassesConfigured; std::vector<float> perClassPreclusterThreshold; std::vector<float> perClassPostclusterThreshold; };
struct NvDsInferObjectDetectionInfo { unsigned int classId; float left; float top; float width; float height; float detectionConfidence; float rotation_angle; };
